import Datasets
import Federation
import FederationWire
import Foundation
import JSON

/// A finished run in the form that the live page draws.
public enum RunReport {
    /// The state that `/state` would have answered at the run's end, or as far as its log goes; nil is what is
    /// not known.
    /// - Parameters:
    ///   - name: the run's.
    ///   - phase: how far it is, of a run that goes on.
    public static func state(
        of log: RunLog, name: String, phase: RunState.Phase = .finished
    ) -> RunState {
        let trace = RunTrace(log)
        let count = trace.rounds.count
        var state = RunState(
            version: text(log.version), run: run(of: log, name: name), phase: phase,
            outcome: phase == .finished ? text(log.outcome) : nil,
            round: phase == .finished ? count : min(count + 1, max(log.maxRound, count)))
        state.rounds = trace.rounds
        state.results = trace.results
        let ids = trace.clientIDs
        let allAreLast = trace.allAreLast
        state.clients = trace.listed(ids).map { id in
            var client = trace.client(id)
            client.lastRound = allAreLast ? nil : trace.lastUpdate(of: id)
            return client
        }
        state.clientsSeen = ids.count
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
            facts.title = spec.headline
        } else {
            if let experiment = Experiment(rawValue: log.experiment) {
                facts.title = experiment.headline
            }
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
        facts.name = log.name
        facts.tags = log.tags.isEmpty ? nil : log.tags
        facts.note = log.note.isEmpty ? nil : log.note
        facts.repeatCommand =
            FoundRun(name: name, log: log, stored: nil, logFile: nil).repeatCommand
        facts.score = log.score
        facts.classNames = log.classNames
        return facts
    }

    /// Whether it fits a line.
    private static func isPlain(_ value: JSONValue) -> Bool {
        switch value {
        case .bool, .integer, .unsigned, .number, .string: true
        case .null, .array, .object: false
        }
    }

    /// A text, or nil where the log has left it empty.
    private static func text(_ value: String) -> String? { value.isEmpty ? nil : value }
}

extension RunState.Row {
    /// What a log says that this version does not read as settings.
    fileprivate init(_ name: String, _ value: JSONValue) {
        let setting = RunSpec.setting(named: name)
        self.init(
            name: name, title: setting?.title ?? KeySpelling.words(name),
            value: setting?.words(value) ?? value.words)
    }
}
