import Federation
import Foundation
import JSON
import Parameters
import TestThreads
import Testing

/// A folder that is removed with everything in it.
final class TemporaryFolder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
        "federation-tests-\(UUID().uuidString)")

    deinit { try? FileManager.default.removeItem(at: url) }

    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
    }
}

@Suite(.holdsItsThread) struct RunLogTests {
    private let layout = ParameterLayout([
        ("conv/kernel", [2, 1, 1, 3]), ("conv/bias", [3]), ("dense/kernel", [3, 2]),
    ])

    private func example() throws -> RunLog {
        var random = RandomUpdates(seed: 31)
        var log = RunLog(clientNumber: 2, experiment: 3, maxRound: 5)
        for round in 1...2 {
            log.append(
                RoundRecord(
                    round: round,
                    clients: [
                        .init(
                            client: 2, sampleCount: 600,
                            evaluation: Evaluation(accuracy: 0.1, loss: 2.25, count: 10)),
                        .init(
                            client: 10, sampleCount: nil,
                            failure: ClientFailure(.absence, reason: "away")),
                    ], global: Evaluation(accuracy: 1 / 3, loss: .nan, count: 10)))
        }
        let values = (0..<layout.count).map { _ in random.float(exponents: 0...254) }
        log.finalWeight = .nested(ParameterVector(values), layout: layout)
        log.clientClassCounts = [2: [[1, 2], [3, 4]], 10: [[0, 0], [5, 6]]]
        log.outcome = Outcome.completed.description
        log.configuration = try JSONValue(encoding: ["clients": 2, "batch": 8])
        log.seed = .max
        log.data = ["name": "generated \"digits\"\u{1}", "images": 60000]
        log.model = "reference"
        log.modelParameters = layout.count
        log.timings = RunLog.Timings(
            roundSeconds: [1.5, 0.1], trainingSeconds: 2, evaluationSeconds: 0.25, totalSeconds: 3)
        log.threads = 2
        log.cpu = "a CPU"
        log.blasCore = "Haswell"
        log.simd = "AVX2"
        log.version = "0.1.0"
        log.started = Date(timeIntervalSince1970: 1_700_000_000)
        return log
    }

    @Test func roundTripIsExact() throws {
        let log = try example()
        #expect(try RunLog(decoding: log.encoded()) == log)
        var other = log
        other.finalWeight = .file("20260101_000000.safetensors")
        #expect(try RunLog(decoding: other.encoded()) == other)
        other.finalWeight = .none
        #expect(try RunLog(decoding: other.encoded()) == other)
    }

    @Test func keysStandInOrderAndNonFiniteIsNull() throws {
        let text = String(decoding: try example().encoded(), as: UTF8.self)
        let keys = [
            "client number", "experiment", "max round", "clients acc", "server acc", "final weight",
            "client_ids_from", "clients_loss", "server_loss", "clients_samples",
            "clients_class_counts", "outcome",
            "configuration", "seed", "data", "data_fingerprint", "partition_fingerprint", "model",
            "model_parameters", "timings", "threads", "cpu", "blas_core", "simd", "version",
            "started",
        ]
        let found = text.split(separator: "\n").compactMap { line in
            line.hasPrefix("\"") ? String(line.dropFirst().prefix { $0 != "\"" }) : nil
        }
        #expect(found == keys)
        #expect(text.contains("\"clients acc\": {\"2\": [0.1, 0.1], \"10\": [null, null]}"))
        #expect(text.contains("\"client_ids_from\": 0"))
        #expect(text.contains("\"server_loss\": [null, null]"))
        #expect(text.contains("\"clients_samples\": {\"2\": [600, 600], \"10\": [0, 0]}"))
        #expect(text.contains("\"seed\": 18446744073709551615"))
        #expect(text.contains("\"started\": \"2023-11-14T22:13:20Z\""))
        var log = try example()
        log.finalWeight = .nested(ParameterVector([1, .nan, -.infinity]), shapes: [[], [2, 1]])
        let lists = String(decoding: log.encoded(), as: UTF8.self)
        #expect(lists.contains("\"final weight\": [1.0,\n[[null], [null]]]"))
    }

    /// A log with every key that there is, and the same with clients' own rounds in place of lists.
    private func complete() throws -> [RunLog] {
        var log = try example()
        log.finalWeight = .file("a.safetensors")
        log.clientUpdateNorms = [2: [1, 2], 10: [nil, 1]]
        log.clientUpdateCosines = [2: [nil, 0.5], 10: [nil, 1]]
        log.roundMetrics = ["top_5_accuracy": [0.5, nil], "auc": [nil, 1]]
        log.classResults = RunLog.LoggedClasses(
            accuracies: [0.5, nil], confusion: [[1, 1], [0, 0]],
            mistakes: [Mistake(index: 1, truth: 0, guess: 1, confidence: 0.5)])
        log.classNames = ["one"]
        log.score = .r2
        log.reproducibility = Reproducibility(reasons: ["a deadline"])
        (log.dataFingerprint, log.partitionFingerprint) = ("a", "b")
        (log.initialModelFingerprint, log.serverRuleFingerprint) = ("c", "d")
        (log.testSamples, log.clientTestSamples) = (3, 4)
        (log.timings.ranks, log.timings.idleShares) = (2, [0.5, 0.25])
        (log.name, log.tags, log.note) = ("n", ["t"], "o")
        guard case .object(var members) = try JSONValue(decoding: log.encoded()) else { return [] }
        for key in members.keys where key.hasPrefix("clients") { members[key] = [:] }
        for key in ["clients_update_norm", "clients_update_cosine"] { members[key] = nil }
        members["clients_rounds"] = [
            "7": [
                "rounds": [2], "acc": [0.5], "loss": [1.5], "samples": [5], "class_counts": [[5]],
                "update_norm": [1.5], "update_cosine": [0.5],
            ]
        ]
        return [log, try RunLog(decoding: JSONValue.object(members).encoded())]
    }

    @Test("Keys are in snake_case at every depth, but for the six that all programs have")
    func spelling() throws {
        func check(_ json: JSONValue) {
            switch json {
            case .object(let members):
                for (key, member) in members {
                    #expect(key.wholeMatch(of: /[a-z0-9]+(_[a-z0-9]+)*/) != nil, "\(key)")
                    check(member)
                }
            case .array(let elements): elements.forEach(check)
            default: break
            }
        }
        for log in try complete() {
            guard case .object(var members) = try JSONValue(decoding: log.encoded()) else {
                Issue.record("a log is no object")
                return
            }
            for key in RunLog.commonKeys { members[key] = nil }
            #expect(members.count > 30)
            check(.object(members))
        }
    }

    @Test(
        "Logs of earlier versions, whose keys were words, are read; errors name what stands in them"
    )
    func earlierSpelling() throws {
        func worded(_ json: JSONValue?) -> JSONValue? {
            guard case .object(let members)? = json else { return json }
            return .object(
                Dictionary(
                    uniqueKeysWithValues: members.map { key, value in
                        (key == "top_5_accuracy" ? "top-5 accuracy" : KeySpelling.words(key), value)
                    }))
        }
        for log in try complete() {
            guard case .object(var members) = try JSONValue(decoding: log.encoded()) else { return }
            for key in ["round_metrics", "timings"] { members[key] = worded(members[key]) }
            if case .object(let clients)? = members["clients_rounds"] {
                members["clients_rounds"] = .object(clients.compactMapValues(worded))
            }
            let earlier = try #require(worded(.object(members))).encoded()
            #expect(!String(decoding: earlier, as: UTF8.self).contains("_"))
            #expect(try RunLog(decoding: earlier) == log)
        }
        let text = """
            {"client number": 1, "experiment": 1, "max round": 1, "clients acc": {}, "server acc": [],
             "final weight": null, "server loss": 1}
            """
        #expect(
            throws: RunLogError.wrongValue(key: "server loss", expected: "a list of numbers")
        ) { try RunLog(decoding: [UInt8](text.utf8)) }
        // The six have one spelling.
        #expect(throws: RunLogError.missingKey("client number")) {
            try RunLog(
                decoding: [UInt8](text.replacing("client number", with: "client_number").utf8))
        }
    }

    @Test func finalWeightKeepsShapes() throws {
        let log = try RunLog(decoding: example().encoded())
        guard case .nested(let parameters, let shapes) = log.finalWeight else {
            Issue.record("the model is not in the log")
            return
        }
        #expect(shapes == [[2, 1, 1, 3], [3], [3, 2]])
        #expect(parameters.count == 15)
    }

    @Test func clientsWithoutAPartHaveNoNumbers() throws {
        var log = RunLog(clientNumber: 3, experiment: 1, maxRound: 3)
        for (round, clients) in [[2], [1, 2], [3]].enumerated() {
            log.append(
                CommittedRound(
                    record: RoundRecord(
                        round: round + 1,
                        clients: clients.map {
                            .init(
                                client: $0, sampleCount: $0 * 10,
                                evaluation: Evaluation(accuracy: 0.5, loss: 2, count: 1))
                        }, global: Evaluation(accuracy: 0.25, loss: 1, count: 1)),
                    classCounts: Dictionary(
                        uniqueKeysWithValues: clients.map { ($0, [$0 * 10]) }),
                    seconds: Double(round)))
        }
        #expect(
            log.clientAccuracies == [1: [nil, 0.5, nil], 2: [0.5, 0.5, nil], 3: [nil, nil, 0.5]])
        #expect(log.clientLosses == [1: [nil, 2, nil], 2: [2, 2, nil], 3: [nil, nil, 2]])
        #expect(log.clientSamples == [1: [0, 10, 0], 2: [20, 20, 0], 3: [0, 0, 30]])
        #expect(
            log.clientClassCounts == [
                1: [[], [10], []], 2: [[20], [20], []], 3: [[], [], [30]],
            ])
        #expect(log.timings.roundSeconds == [0, 1, 2])
        #expect(try RunLog(decoding: log.encoded()) == log)
        #expect(log.withoutSeries == RunLog(clientNumber: 3, experiment: 1, maxRound: 3))
    }

    @Test func clientsCountFrom0WhateverALogCountsFrom() throws {
        func log(_ own: String, clients: String = #"{"1": [0.5], "10": [0.25]}"#) throws -> RunLog {
            let text = """
                {"client number": 10, "experiment": 1, "max round": 1, "clients acc": \(clients),
                 "server acc": [0.5], "final weight": null, "clients_loss": \(clients),
                 "clients_samples": {"1": [60], "10": [70]},
                 "clients_class_counts": {"1": [[60]], "10": [[70]]},
                 "outcome": "diverged: client 10 in round 1: the update of client 1 is NaN"\(own)}
                """
            return try RunLog(decoding: [UInt8](text.utf8))
        }
        // What earlier versions of ours wrote: each is one less.
        for own in [#", "version": "0.1.0""#, #", "version": "0.1.0", "client_ids_from": 1"#] {
            let log = try log(own)
            #expect(log.clientAccuracies == [0: [0.5], 9: [0.25]])
            #expect(log.clientLosses == [0: [0.5], 9: [0.25]])
            #expect(log.clientSamples == [0: [60], 9: [70]])
            #expect(log.clientClassCounts == [0: [[60]], 9: [[70]]])
            #expect(
                log.outcome == "diverged: client 9 in round 1: the update of client 0 is NaN")
            // Written again, it is a log like any other of this version.
            #expect(try RunLog(decoding: log.encoded()) == log)
        }
        // Logs of other programs have no version; and whoever has a client 0 counts from 0.
        for log in [
            try log(""), try log(#", "version": "9", "client_ids_from": 0"#),
        ] {
            #expect(log.clientAccuracies == [1: [0.5], 10: [0.25]])
            #expect(log.outcome.hasPrefix("diverged: client 10 in round 1"))
        }
        let zero = try log(#", "version": "0.1.0""#, clients: #"{"0": [0.5], "1": [0.25]}"#)
        #expect(zero.clientAccuracies == [0: [0.5], 1: [0.25]])
        for said in ["2", "-1", "null", #""0""#, "0.5"] {
            #expect(
                throws: RunLogError.wrongValue(key: "client_ids_from", expected: "0 or 1"),
                "\(said)"
            ) { try log(", \"client_ids_from\": \(said)") }
        }
        for clients in [#"{"-1": [0.5]}"#, #"{"-9223372036854775808": [0.5]}"#, #"{"00": []}"#] {
            #expect(throws: RunLogError.self, "\(clients)") {
                try log(#", "client_ids_from": 1"#, clients: clients)
            }
        }
    }

    @Test func malformedLogsAreNamed() throws {
        let head = #"{"client number": 1, "experiment": 1, "max round": 1, "clients acc": {},"#
        let table: [(String, RunLogError)] = [
            ("[]", .malformed(JSONError(position: 0, expected: "an object"))),
            ("{}", .missingKey("client number")),
            (
                #"{"client number": "1"}"#,
                .wrongValue(key: "client number", expected: "a whole number")
            ),
            (head + #""server acc": [1]}"#, .missingKey("final weight")),
            (
                head
                    + #""server acc": [], "final weight": null, "clients_loss": {"1": [], "01": []}}"#,
                .wrongValue(key: "clients_loss", expected: "lists of numbers by client, each once")
            ),
            (
                head + #""server acc": ["1"], "final weight": null}"#,
                .wrongValue(key: "server acc", expected: "a list of numbers")
            ),
            (
                head + #""final weight": [[1, 2], [x]]}"#,
                .malformed(JSONError(position: head.utf8.count + 26, expected: "a value"))
            ),
            (
                head + #""server acc": [], "final weight": null, "seed": -1}"#,
                .wrongValue(key: "seed", expected: "a whole number from 0")
            ),
        ]
        for (text, error) in table {
            #expect(throws: error, "\(text)") { try RunLog(decoding: [UInt8](text.utf8)) }
        }
        // A log of another program has the six keys only.
        let plain = head + #""server acc": [0.5], "final weight": [[[1, 2]], [3]]}"#
        let log = try RunLog(decoding: [UInt8](plain.utf8))
        #expect(log.finalWeight == .nested(ParameterVector([1, 2, 3]), shapes: [[1, 2], [1]]))
        // Cut off anywhere, a log is malformed, never a trap.
        let bytes = try example().encoded()
        for length in 0..<bytes.count - 2 {
            #expect(throws: RunLogError.self) { try RunLog(decoding: Array(bytes[..<length])) }
        }
    }

    @Test func pythonReadsIt() throws {
        let folder = TemporaryFolder()
        let claim = try LogDirectory(folder.url).claim(at: Date())
        let file = try claim.write(example())
        let script = """
            import json, struct, sys
            log = json.load(open(sys.argv[1]))
            flat = lambda x: [z for y in x for z in flat(y)] if isinstance(x, list) else [x]
            print(list(log)[:6], log["clients acc"], [len(t) for t in log["final weight"]])
            print([struct.unpack("I", struct.pack("f", x))[0] for x in flat(log["final weight"])])
            """
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script, file.path]
        process.standardOutput = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        if process.terminationStatus == 127 { return }  // no python3 here
        #expect(process.terminationStatus == 0)
        guard case .nested(let parameters, _) = try example().finalWeight else { return }
        #expect(
            text == """
                ['client number', 'experiment', 'max round', 'clients acc', 'server acc', \
                'final weight'] {'2': [0.1, 0.1], '10': [None, None]} [2, 3, 3]
                \(bits(parameters))

                """)
    }
}
