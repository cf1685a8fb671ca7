import Federation
import FederationWire
import Foundation

extension Coordinator {
    /// What the live page shows, as `GET /state` and each event of `GET /events` have it.
    func stateJSON() -> JSONValue {
        [
            "version": .string(presentation.version),
            "run": runJSON, "phase": .string(phase),
            "outcome": run.outcome.map { .string($0.description) } ?? nil,
            "round": .integer(run.engine.currentRound),
            "roundOpenedAt": Self.time(run.openRound == nil ? nil : run.openedAt),
            "deadlineAt": Self.time(run.deadlineAt),
            "rounds": .array(run.history.map(Self.json)),
            "clients": .array(clientsJSON),
            "drops": .array(
                run.drops.map { drop in
                    [
                        "at": Self.time(drop.at), "client": .integer(drop.client),
                        "round": .integer(drop.round), "reason": .string(drop.reason),
                    ]
                }),
            "events": .array(
                run.events.map { event in
                    ["at": Self.time(event.at), "text": .string(event.text)]
                }),
        ]
    }

    private var phase: String {
        if run.outcome != nil { return "finished" }
        switch run.engine.phase {
        case .idle, .waiting: return "waiting"
        case .open: return run.members.values.contains(where: \.hasJoined) ? "training" : "waiting"
        case .closing: return "evaluating"
        case .finished: return "finished"
        }
    }

    private var runJSON: JSONValue {
        let (settings, rules) = (run.settings, run.served.rules)
        let members: [String: JSONValue] = [
            "id": .string(settings.run.text), "experiment": .integer(settings.experiment),
            "model": .string(settings.model), "strategy": .string(run.served.strategy.name),
            "clients": .integer(settings.clients), "rounds": .integer(settings.rounds),
            "cohort": rules.cohortSize < rules.population ? .integer(rules.cohortSize) : nil,
            "overSelection": rules.overSelection == 1 ? nil : .number(rules.overSelection),
            "targetAccuracy": rules.targetAccuracy.map(JSONValue.number) ?? nil,
            "patience": rules.patience.map(JSONValue.integer) ?? nil,
            "evaluateEvery": rules.evaluationInterval == 1
                ? nil : .integer(rules.evaluationInterval),
            "partition": settings.partition.map(JSONValue.string) ?? nil,
            "seed": JSONValue(settings.seed), "samples": .integer(settings.samples),
            "dataset": .string(settings.dataset), "insecure": .bool(presentation.isInsecure),
            "startedAt": Self.time(run.startedAt), "address": .string(presentation.address),
        ]
        return .object(members.merging(Self.json(settings.training)) { own, _ in own })
    }

    /// How clients train; null is what is not done at all.
    private static func json(_ training: TrainingSettings) -> [String: JSONValue] {
        func number(_ value: Float) -> JSONValue { .number(Double("\(value)") ?? 0) }
        return [
            "epochs": training.epochs.map(JSONValue.number) ?? nil,
            "steps": training.steps.map(JSONValue.integer) ?? nil,
            "batchSize": training.batchSize.map(JSONValue.integer) ?? "all",
            "learningRate": number(training.learningRate),
            "learningRateDecay": training.learningRateDecay == 1
                ? nil : .number(training.learningRateDecay),
            "momentum": training.momentum == 0 ? nil : number(training.momentum),
            "weightDecay": training.weightDecay == 0 ? nil : number(training.weightDecay),
            "mu": training.proximal == 0 ? nil : number(training.proximal),
            "gradientClip": training.gradientClip.map(number) ?? nil,
        ]
    }

    private static func json(_ round: ActiveRun.History) -> JSONValue {
        [
            "round": .integer(round.round),
            "accuracy": round.global.map { .number($0.accuracy) } ?? nil,
            "loss": round.global.map { .number($0.loss) } ?? nil,
            "seconds": round.seconds.map { .number($0) } ?? nil, "closedAt": time(round.closedAt),
            "clientsLow": round.clients.map { .number($0.lowerBound) } ?? nil,
            "clientsHigh": round.clients.map { .number($0.upperBound) } ?? nil,
        ]
    }

    private var clientsJSON: [JSONValue] {
        run.members.values.filter(\.hasJoined).sorted { $0.client < $1.client }.map { member in
            [
                "client": .integer(member.client),
                "state": .string(member.state(openRound: run.openRound).rawValue),
                "samples": member.sampleCount.map { .integer($0) } ?? nil,
                "accuracy": member.accuracy.map { .number($0) } ?? nil,
                "lastSeen": Self.time(member.lastSeen),
                "bytesReceived": .integer(member.bytesReceived),
                "bytesSent": .integer(member.bytesSent),
                "imagesPerSecond": member.imagesPerSecond.map { .number($0) } ?? nil,
            ]
        }
    }

    /// A moment in ISO 8601, UTC, with milliseconds.
    private static func time(_ date: Date?) -> JSONValue {
        guard let date else { return nil }
        return .string(date.formatted(timeStyle))
    }

    private static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// What `GET /metrics` says of the run.
    var gauges: RunGauges {
        var states: [String: Int] = [:]
        for member in run.members.values where member.hasJoined {
            states[member.state(openRound: run.openRound).rawValue, default: 0] += 1
        }
        return RunGauges(
            run: run.settings.run.text, phase: phase, committedRounds: run.publication.round,
            rounds: run.settings.rounds, accuracy: run.history.last?.global?.accuracy,
            loss: run.history.last?.global?.loss, roundSeconds: run.history.last?.seconds,
            clientStates: states,
            polls: run.members.values.count { $0.poll != nil })
    }
}

/// Numbers of one moment of a run.
struct RunGauges: Sendable {
    var run: String
    var phase: String
    var committedRounds: Int
    var rounds: Int
    var accuracy: Double?
    var loss: Double?
    var roundSeconds: Double?
    var clientStates: [String: Int]
    var polls: Int
}
