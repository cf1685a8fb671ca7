import Federation
import FederationWire
import Foundation

extension Coordinator {
    /// What the live page shows, as `GET /state` and each event of `GET /events` have it.
    var state: RunState {
        var facts = run.served.facts
        facts.startedAt = run.served.startedAt
        facts.settings["insecure"] = .bool(presentation.isInsecure)
        facts.settings["address"] = .string(presentation.address)
        var state = RunState(
            version: presentation.version, run: facts, phase: phase,
            outcome: run.outcome?.description, round: run.machine.engine.currentRound)
        state.roundOpenedAt = run.openRound == nil ? nil : run.openedAt
        state.deadlineAt = run.deadlineAt
        state.rounds = run.history
        state.results = run.results
        state.clients = run.members.values.filter(\.hasJoined)
            .sorted { $0.client < $1.client }
            .map { $0.shown(openRound: run.openRound) }
        state.waiting = waiting
        state.drops = run.drops
        state.events = run.events
        return state
    }

    private var phase: RunState.Phase {
        if run.outcome != nil { return .finished }
        switch run.machine.engine.phase {
        case .idle, .waiting: return .waiting
        case .open: return isWorking ? .training : .waiting
        case .closing: return .evaluating
        case .finished: return .finished
        }
    }

    /// Whether anyone who is there has something to do in the open round, or all have done it.
    private var isWorking: Bool {
        if waiting == nil { return true }
        return run.members.values.contains { $0.state(openRound: run.openRound) == .training }
    }

    /// What `GET /metrics` says of the run.
    var gauges: RunGauges {
        var states: [RunState.Client.State: Int] = [:]
        for member in run.members.values where member.hasJoined {
            states[member.state(openRound: run.openRound), default: 0] += 1
        }
        let last = run.history.last
        return RunGauges(
            phase: phase, committedRounds: run.publication.round, rounds: run.settings.rounds,
            accuracy: last?.accuracy, loss: last?.loss, roundSeconds: last?.seconds,
            clientStates: states, polls: run.members.values.count { $0.poll != nil })
    }
}

/// Numbers of one moment of a run.
struct RunGauges: Sendable {
    var phase: RunState.Phase
    var committedRounds: Int
    var rounds: Int
    var accuracy: Double?
    var loss: Double?
    var roundSeconds: Double?
    var clientStates: [RunState.Client.State: Int]
    var polls: Int
}
