import Federation
import Foundation

/// A finished run in the form that the live page draws.
enum RunReport {
    /// The state that `/state` would have answered at the run's end; null is what is not known.
    /// - Parameter rounds: the rounds as a store has them, who failed among it; a log has not.
    static func state(
        of log: RunLog, name: String, rounds: [CommittedRound]? = nil
    ) -> JSONValue {
        let count = max(log.serverAccuracies.count, log.serverLosses.count)
        return [
            "version": text(log.version), "run": run(of: log, name: name), "phase": "finished",
            "outcome": text(log.outcome), "round": .integer(count), "roundOpenedAt": nil,
            "deadlineAt": nil, "rounds": .array((0..<count).map { round($0, of: log) }),
            "clients": .array(clients(of: log)), "drops": rounds.map { .array(drops($0)) } ?? nil,
            "events": nil,
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
            for key in [
                "epochs", "batchSize", "learningRate", "samples", "dataset", "strategy", "engine",
            ] { members[key] = configuration[key] }
        }
        return .object(members)
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

    /// Each client as it was last seen.
    private static func clients(of log: RunLog) -> [JSONValue] {
        let known = Set(log.clientAccuracies.keys).union(log.clientSamples.keys)
        return known.sorted().map { client in
            let accuracies = log.clientAccuracies[client] ?? []
            let samples = log.clientSamples[client] ?? []
            return [
                "client": .integer(client), "state": nil,
                "samples": samples.last { $0 > 0 }.map { .integer($0) } ?? .null,
                "accuracy": number(accuracies.last { $0 != nil } ?? nil), "lastSeen": nil,
                "bytesReceived": nil, "bytesSent": nil, "imagesPerSecond": nil,
            ]
        }
    }

    private static func drops(_ rounds: [CommittedRound]) -> [JSONValue] {
        rounds.flatMap { round in
            round.record.clients.compactMap { part in
                part.failure.map { failure in
                    [
                        "at": nil, "client": .integer(part.client),
                        "round": .integer(round.record.round), "reason": .string(failure.reason),
                    ]
                }
            }
        }
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
