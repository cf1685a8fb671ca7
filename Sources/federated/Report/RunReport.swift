import Federation
import Foundation

/// A finished run in the form that the live page draws.
package enum RunReport {
    /// The state that `/state` would have answered at the run's end; null is what is not known.
    package static func state(
        of log: RunLog, name: String
    ) -> JSONValue {
        let count = max(log.serverAccuracies.count, log.serverLosses.count)
        return [
            "version": text(log.version), "run": run(of: log, name: name), "phase": "finished",
            "outcome": text(log.outcome), "round": .integer(count), "roundOpenedAt": nil,
            "deadlineAt": nil, "rounds": .array((0..<count).map { round($0, of: log) }),
            "clients": .array(clients(of: log)),
            "clientsSeen": .integer(clientsSeen(in: log).count),
            "drops": log.drops.map { .array($0.map(\.json)) } ?? nil, "events": nil,
        ]
    }

    private static func run(of log: RunLog, name: String) -> JSONValue {
        var members: [String: JSONValue] = [
            "id": .string(name), "experiment": .integer(log.experiment),
            "clients": .integer(log.clientNumber), "rounds": .integer(log.maxRound),
            "model": log.model, "data": log.data, "cpu": text(log.cpu),
            "blasCore": text(log.blasCore), "simd": text(log.simd),
        ]
        // Logs of other programs have none of the following, and a new log's values instead.
        if log.configuration != [:] {
            members["seed"] = JSONValue(log.seed)
            members["threads"] = .integer(log.threads)
            members["parameters"] = .integer(log.modelParameters)
            members["startedAt"] = .string(log.started.formatted(.iso8601))
        }
        if case .object(let configuration) = log.configuration {
            for (key, value) in configuration where members[key] == nil && Self.isPlain(value) {
                // A setting at its default is no news, but for those that every run has.
                let isUsual = defaults[key] == value && !everyRunHas.contains(key)
                if !isUsual { members[key] = value }
            }
            // As a server names it, and a cohort as a number of clients.
            if let settings = try? ExperimentSettings(configuration: log.configuration) {
                members["strategy"] = .string(settings.federatedStrategy.name)
                members["cohort"] = settings.cohort.map { _ in .integer(settings.cohortSize) }
            }
        }
        return .object(members)
    }

    private static let everyRunHas: Set<String> = [
        "epochs", "batchSize", "learningRate", "samples", "dataset", "strategy", "engine",
    ]

    private static let defaults =
        (try? JSONValue(encoding: ExperimentSettings()))?.members ?? [:]

    /// Whether it fits a line.
    private static func isPlain(_ value: JSONValue) -> Bool {
        switch value {
        case .bool, .integer, .unsigned, .number, .string: true
        case .null, .array, .object: false
        }
    }

    private static func round(_ index: Int, of log: RunLog) -> JSONValue {
        let accuracies = log.clientAccuracies.values.compactMap { element(index, of: $0) }
        return [
            "round": .integer(index + 1),
            "accuracy": number(element(index, of: log.serverAccuracies)),
            "loss": number(element(index, of: log.serverLosses)),
            "seconds": number(element(index, of: log.timings.roundSeconds)), "closedAt": nil,
            "clientsLow": number(accuracies.min()), "clientsHigh": number(accuracies.max()),
        ]
    }

    /// Clients that a report shows at most.
    private static let clientLimit = 200

    private static func clientsSeen(in log: RunLog) -> Set<Int> {
        Set(log.clientAccuracies.keys).union(log.clientSamples.keys)
    }

    /// Each client as it was last seen; of many those that took part last.
    private static func clients(of log: RunLog) -> [JSONValue] {
        let known = clientsSeen(in: log).sorted()
        let lastRounds = Dictionary(
            uniqueKeysWithValues: known.map { ($0, lastRound(of: $0, in: log)) })
        // Where all take part in all rounds, the last one's number is the same for all.
        let allAreLast = lastRounds.values.allSatisfy { $0 == log.serverAccuracies.count }
        let newest = known.sorted { one, other in
            let (first, second) = (lastRounds[one] ?? nil, lastRounds[other] ?? nil)
            return first == second ? one < other : (first ?? 0) > (second ?? 0)
        }
        let shown = known.count <= clientLimit ? known : Array(newest.prefix(clientLimit))
        return shown.map { client in
            let accuracies = log.clientAccuracies[client] ?? []
            let samples = log.clientSamples[client] ?? []
            let last = allAreLast ? nil : lastRounds[client] ?? nil
            return [
                "client": .integer(client), "state": nil,
                "samples": samples.last { $0 > 0 }.map { .integer($0) } ?? .null,
                "accuracy": number(accuracies.last { $0 != nil } ?? nil),
                "lastRound": last.map(JSONValue.integer) ?? nil, "lastSeen": nil,
                "bytesReceived": nil, "bytesSent": nil, "imagesPerSecond": nil,
            ]
        }
    }

    /// The last round that a client gave an update in; nil if it gave none, or that is not known.
    private static func lastRound(of client: Int, in log: RunLog) -> Int? {
        log.clientSamples[client]?.lastIndex { $0 > 0 }.map { $0 + 1 }
    }

    private static func element(_ index: Int, of values: [Double?]) -> Double? {
        index < values.count ? values[index] : nil
    }

    private static func number(_ value: Double?) -> JSONValue {
        value.map { .number($0) } ?? .null
    }

    /// A text, or null where the log has left it empty.
    private static func text(_ value: String) -> JSONValue {
        value.isEmpty ? .null : .string(value)
    }
}
