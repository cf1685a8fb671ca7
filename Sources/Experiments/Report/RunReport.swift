import Federation
import FederationWire
import Foundation
import JSON

/// A finished run in the form that the live page draws.
public enum RunReport {
    /// The state that `/state` would have answered at the run's end; nil is what is not known.
    public static func state(of log: RunLog, name: String) -> RunState {
        let count = max(log.serverAccuracies.count, log.serverLosses.count)
        let clients = log.clientIDs.map { (id: $0, rounds: log.rounds(of: $0)) }
        let ranges = accuracyRanges(clients.map(\.rounds), count: count)
        var state = RunState(
            version: text(log.version), run: run(of: log, name: name), phase: .finished,
            outcome: text(log.outcome), round: count)
        state.rounds = (0..<count).map { round($0, of: log, ranges[$0]) }
        state.results = results(of: log)
        state.clients = shown(clients, of: log)
        state.clientsSeen = clients.count
        state.drops = log.drops
        return state
    }

    private static func run(of log: RunLog, name: String) -> RunState.Facts {
        func fact(_ value: String) -> JSONValue { text(value).map(JSONValue.string) ?? .null }
        var facts = RunState.Facts(
            id: name, experiment: log.experiment, clients: log.clientNumber, rounds: log.maxRound)
        var members: [String: JSONValue] = [
            "model": log.model, "data": log.data, "cpu": fact(log.cpu),
            "blasCore": fact(log.blasCore), "simd": fact(log.simd),
        ]
        // Logs of other programs have none of the following, and a new log's values instead.
        if log.configuration != [:] {
            members["seed"] = JSONValue(log.seed)
            members["threads"] = .integer(log.threads)
            members["parameters"] = .integer(log.modelParameters)
            facts.startedAt = log.started
        }
        if let spec = RunSpec(logged: log) {
            members.merge(spec.told) { $1 }
            facts.rows = spec.rows
            facts.spec = SpecFile(of: log)?.json ?? .null
        } else {
            let plain = log.configuration.members.filter { Self.isPlain($0.value) }
            members.merge(plain) { known, _ in known }
            facts.rows =
                [
                    RunState.Row("experiment", .integer(log.experiment)),
                    RunState.Row("clients", .integer(log.clientNumber)),
                    RunState.Row("rounds", .integer(log.maxRound)),
                ]
                + members.filter { RunSpec.setting(named: $0.key) != nil || plain[$0.key] != nil }
                .filter {
                    !["experiment", "clients", "rounds"].contains($0.key) && $0.value != nil
                }
                .sorted { $0.key < $1.key }.map { RunState.Row($0.key, $0.value) }
        }
        facts.settings = members
        facts.score = log.score
        facts.classNames = log.classNames
        return facts
    }

    /// What the last test measured.
    private static func results(of log: RunLog) -> RunState.Results? {
        guard let last = log.serverAccuracies.lastIndex(where: { $0 != nil }) else { return nil }
        let metrics = log.roundMetrics.compactMapValues { element(last, of: $0) }
        guard !metrics.isEmpty || log.classResults != nil else { return nil }
        return RunState.Results(
            round: last + 1, metrics: metrics,
            classAccuracies: log.classResults?.accuracies ?? [],
            confusion: log.classResults?.confusion)
    }

    /// Whether it fits a line.
    private static func isPlain(_ value: JSONValue) -> Bool {
        switch value {
        case .bool, .integer, .unsigned, .number, .string: true
        case .null, .array, .object: false
        }
    }

    /// The lowest and highest of the clients' accuracies in each round; nil where none was tested.
    private static func accuracyRanges(
        _ clients: [[ClientRound]], count: Int
    ) -> [ClosedRange<Double>?] {
        var ranges = [ClosedRange<Double>?](repeating: nil, count: count)
        for part in clients.joined() where part.round <= count {
            guard let accuracy = part.accuracy else { continue }
            let range = ranges[part.round - 1] ?? accuracy...accuracy
            ranges[part.round - 1] =
                min(range.lowerBound, accuracy)...max(range.upperBound, accuracy)
        }
        return ranges
    }

    private static func round(
        _ index: Int, of log: RunLog, _ clients: ClosedRange<Double>?
    ) -> RunState.Round {
        RunState.Round(
            round: index + 1, accuracy: element(index, of: log.serverAccuracies),
            loss: element(index, of: log.serverLosses),
            seconds: element(index, of: log.timings.roundSeconds), clients: clients)
    }

    /// Clients that a report shows at most.
    private static let clientLimit = 200

    /// Each client as it was last seen; of many those that took part last.
    private static func shown(
        _ known: [(id: Int, rounds: [ClientRound])], of log: RunLog
    ) -> [RunState.Client] {
        // The last round that it gave an update in; nil if it gave none, or that is not known.
        let seen = known.map { client in
            (client: client, last: client.rounds.last { $0.samples > 0 }?.round)
        }
        // Where all take part in all rounds, the last one's number is the same for all.
        let allAreLast = seen.allSatisfy { $0.last == log.serverAccuracies.count }
        let newest = seen.sorted { one, other in
            one.last == other.last
                ? one.client.id < other.client.id : (one.last ?? 0) > (other.last ?? 0)
        }
        let shown = known.count <= clientLimit ? seen : Array(newest.prefix(clientLimit))
        return shown.map { client, last in
            var state = RunState.Client(client: client.id)
            state.samples = client.rounds.last { $0.samples > 0 }?.samples
            state.accuracy = client.rounds.last { $0.accuracy != nil }?.accuracy
            state.lastRound = allAreLast ? nil : last
            return state
        }
    }

    private static func element(_ index: Int, of values: [Double?]) -> Double? {
        index < values.count ? values[index] : nil
    }

    /// A text, or nil where the log has left it empty.
    private static func text(_ value: String) -> String? { value.isEmpty ? nil : value }
}

extension RunState.Row {
    /// What a log says that this version does not read as settings.
    fileprivate init(_ name: String, _ value: JSONValue) {
        let setting = RunSpec.setting(named: name)
        self.init(
            name: name, title: setting?.title ?? JSONValue.spaced(name),
            value: setting?.words(value) ?? value.words)
    }
}
