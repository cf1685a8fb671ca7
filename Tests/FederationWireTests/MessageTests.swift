import Federation
import FederationWire
import Foundation
import JSON
import Parameters
import TestThreads
import Testing

@Suite(.holdsItsThread) struct MessageTests {
    static let settings = RunSettings(
        run: Samples.run,
        spec: [
            "model": "reference-cnn", "engine": "fused", "experiment": 1, "samples": 600,
            "fixed_shards": false, "dataset": "MNIST", "clients": 5, "rounds": 5, "epochs": 10,
            "batch_size": 8, "learning_rate": 0.01, "gradient_clip": nil, "seed": .unsigned(.max),
        ], inputShape: [28, 28, 1], architecture: Samples.digest,
        architectureJSON: ["layers": [["flatten": [:]]]], parameterCount: 1_199_882,
        heartbeatSeconds: 1, pollSeconds: 20)

    private func roundTrip<M: Message>(_ message: M) throws {
        let text = message.encoded()
        #expect(try M(decoding: text) == message)
        // Any other JSON reader takes it, too.
        _ = try JSONSerialization.jsonObject(with: Data(text))
    }

    @Test("Settings of an earlier server, in camelCase, are read as this version's")
    func earlierSpelling() throws {
        guard case .object(var members) = Self.settings.json else { return }
        let names = [
            "batch_size": "batchSize", "learning_rate": "learningRate",
            "fixed_shards": "fixedShards", "gradient_clip": "gradientClip",
        ]
        members["spec"] = .object(
            Dictionary(
                uniqueKeysWithValues: Self.settings.spec.map { (names[$0.key] ?? $0.key, $0.value) }
            ))
        #expect(try RunSettings(decoding: JSONValue.object(members).encoded()) == Self.settings)
    }

    @Test func messagesComeBack() throws {
        try roundTrip(Self.settings)
        var odd = Self.settings
        for rate: Float in [0.1, 1e-30, 3.4028235e38, .leastNonzeroMagnitude] {
            odd.spec["learning_rate"] = .number(Double(rate))
            try roundTrip(odd)
        }
        odd.spec["partition"] = "dirichlet:0.5"
        odd.spec["experiment"] = nil
        odd.dataFingerprint = "0123456789abcdef"
        odd.partitionFingerprint = "fedcba9876543210"
        for wrong: JSONValue in ["0123", "0123456789ABCDEF", "0123456789abcdeg", 7] {
            for key in ["dataFingerprint", "partitionFingerprint"] {
                #expect(
                    settingsError([key: wrong])?.message.hasPrefix("“\(key)” is ") == true)
            }
        }
        try roundTrip(odd)
        odd.objective = ClientObjective(proximal: 0.01, usesControlVariates: true)
        odd.transforms = ["clip:1.0", "topk:0.01"]
        odd.encodings = VectorEncodings.names
        try roundTrip(odd)
        #expect((odd.clients, odd.rounds, odd.experiment, odd.model) == (5, 5, 0, "reference-cnn"))
        try roundTrip(Registration(architecture: Samples.digest, sampleCount: 600))
        try roundTrip(
            Registration(
                architecture: Samples.digest, sampleCount: 600, instance: "4f2a", host: "a host",
                version: "1.2.3"))
        try roundTrip(Heartbeat(round: 2, imagesTrained: 48_000, imagesPerSecond: 9000.5))
        try roundTrip(HeartbeatAnswer(isWanted: false))
        try roundTrip(FailureReport(reason: "its loss is no finite number in epoch 1, batch 3"))
        try roundTrip(UpdateReceipt(round: 2, isRepeat: true))
        let committed = CommittedSummary(round: 1, accuracy: 0.9, loss: 0.35)
        try roundTrip(
            NextTask(.wait, committed: CommittedSummary(round: 1, accuracy: nil, loss: nil)))
        try roundTrip(NextTask(.wait))
        try roundTrip(NextTask(.train(round: 2, counted: nil), committed: committed))
        try roundTrip(NextTask(.train(round: 9, counted: 7)))
        try roundTrip(NextTask(.finished(outcome: "completed", succeeded: true)))
        try roundTrip(APIError(.wrongRound, "round 3 is open, not round 2", expected: 3, got: 2))
        for code in APIError.Code.allCases {
            try roundTrip(APIError(code, "“quotes”, \\ and 客户端"))
            #expect((400...503).contains(code.status))
        }
        for report in [
            UpdateReport(), Samples.report, UpdateReport(seconds: 0), UpdateReport(classCounts: []),
            UpdateReport(loss: -1e300, numbers: ["ε": 0.1 + 0.2, "“q”": -0.0]),
        ] {
            try roundTrip(report)
        }
    }

    @Test func errorsAreWrittenWithAllKeys() {
        #expect(
            String(decoding: APIError(.noRoundOpen, "no round is open").encoded(), as: UTF8.self)
                == #"{"code": "no_round_open", "expected": null, "got": null, "message": "no round is open"}"#
        )
    }

    @Test("What an error repeats is cut, and made printable, where it comes in")
    func errorsThatRepeatMuch() throws {
        for got in [String(repeating: "ü", count: 10_000), "a\u{1b}[2J\u{202e}b"] {
            let text = JSONValue.object([
                "code": "wrong_round", "message": "round 3 is open", "expected": .string(got),
                "got": .string(got),
            ]).encoded()
            let heard = try APIError(decoding: text)
            for value in [heard.expected, heard.got] {
                guard case .string(let text)? = value else {
                    Issue.record("\(String(describing: value))")
                    continue
                }
                #expect(text.utf8.count <= 1000 && !text.contains("\u{1b}"))
                #expect(!text.contains("\u{202e}"))
            }
            // Heard again, it is the same.
            #expect(try APIError(decoding: heard.encoded()) == heard)
        }
    }

    private func error(_ text: String) -> APIError? {
        let text = text.replacing("{\"arch", with: "{\"protocol\": 2, \"arch")
        return Result { () throws(APIError) in
            try Registration(decoding: Array(text.utf8))
        }.failure
    }

    @Test func wrongSampleCountsAreRefused() {
        let digest = Samples.digest.hexadecimal
        let table = [
            ("-1", "-1"), ("0", "0"), ("1.5", "1.5"), ("\"1\"", "“1”"), ("null", "null"),
            ("1000000000000000000", "1000000000000000000"),
            ("9223372036854775807", "9223372036854775807"),
            ("18446744073709551615", "18446744073709551615"), ("536870912", "536870912"),
            ("1e2", "100.0"), ("true", "true"), ("[]", "a list"), ("{}", "an object"),
        ]
        for (text, shown) in table {
            let error = error("{\"architecture\": \"\(digest)\", \"samples\": \(text)}")
            #expect(error?.code == .invalidSampleCount)
            #expect(
                error?.message
                    == "“samples” is \(shown): expected a whole number from 1 to 536870911")
        }
        #expect(
            error("{\"architecture\": \"\(digest)\"}")?.message
                == "“samples” is missing: expected a whole number from 1 to 536870911")
    }

    @Test func wrongFieldsAreNamed() {
        #expect(
            error("{\"architecture\": \"abc\", \"samples\": 1}")?.message
                == "“architecture” is “abc”: expected 64 hexadecimal digits")
        #expect(error("[]")?.message == "the body is a list: expected an object")
        #expect(error("")?.message == "byte 0 of the JSON: expected a value")
        let deep = error(String(repeating: "[", count: 100_000))
        #expect(
            deep?.message
                == "byte 64 of the JSON: expected at most 64 lists or objects within each other")
        #expect(deep?.code == .malformedJSON)
        let twice = error(#"{"samples": 1, "samples": 2}"#)
        #expect(
            twice?.message
                == "byte 15 of the JSON: expected another key than “samples”, which has come before"
        )
        #expect(twice?.status == 400)
        #expect(error(#"{"samples": NaN}"#)?.code == .malformedJSON)
    }

    @Test func whoIsOfAnotherVersionIsToldWhatToUpdate() throws {
        func sentences(_ said: JSONValue?) -> (client: APIError?, server: APIError?) {
            var registration: [String: JSONValue] = [
                "architecture": .string(Samples.digest.hexadecimal), "samples": 600,
            ]
            registration["protocol"] = said
            guard case .object(var settings) = Self.settings.json else { return (nil, nil) }
            settings["protocol"] = said
            let (one, other) = (
                JSONValue.object(registration).encoded(), JSONValue.object(settings).encoded()
            )
            return (
                Result { () throws(APIError) in try Registration(decoding: one) }.failure,
                Result { () throws(APIError) in try RunSettings(decoding: other) }.failure
            )
        }
        for said: JSONValue? in [nil, 1] {
            let (client, server) = sentences(said)
            #expect(
                client?.message
                    == "the client speaks version 1 of the protocol, the server version 2: "
                    + "update the client")
            #expect(client?.code == .wrongVersion)
            #expect(client?.status == 426)
            #expect(
                server?.message
                    == "the server speaks version 1 of the protocol, the client version 2: "
                    + "update the server")
        }
        let (client, server) = sentences(3)
        #expect(
            client?.message
                == "the client speaks version 3 of the protocol, the server version 2: "
                + "update the server")
        #expect(server?.message.hasSuffix(": update the client") == true)
        #expect(sentences("2").client?.code == .invalidField)
        #expect(sentences(2).client == nil)
        #expect(sentences(2).server == nil)
    }

    @Test func everyFieldOfTheSettingsIsNeeded() throws {
        guard case .object(let members) = Self.settings.json else {
            Issue.record("no object")
            return
        }
        for key in members.keys {
            for value: JSONValue? in [nil, nil as JSONValue, [], "", -1, 1e300] {
                var wrong = members
                wrong[key] = value
                let result = Result { () throws(APIError) in
                    try RunSettings(decoding: JSONValue.object(wrong).encoded())
                }
                if value == [], ["transforms", "encodings"].contains(key) { continue }
                if value == nil || value == JSONValue.null, Self.optional.contains(key) {
                    #expect(result.failure == nil, "\(key)")
                    continue
                }
                if let error = result.failure {
                    // Of the protocol the sentence says more.
                    #expect(
                        error.message.contains("“\(key)”") || error.code == .wrongVersion,
                        "\(error.message)")
                } else {
                    Issue.record("\(key) = \(String(describing: value)) was taken")
                }
            }
        }
    }

    /// What may be missing or null.
    private static let optional = [
        "dataFingerprint", "partitionFingerprint", "transforms", "encodings",
    ]

    private func settingsError(_ changes: [String: JSONValue]) -> APIError? {
        guard case .object(let members) = Self.settings.json else { return nil }
        let changed = JSONValue.object(members.merging(changes) { _, new in new })
        return Result { () throws(APIError) in
            try RunSettings(decoding: changed.encoded())
        }.failure
    }

    /// The settings of `spec` with these changes, as a change of the message.
    private func spec(_ changes: [String: JSONValue]) -> [String: JSONValue] {
        ["spec": .object(Self.settings.spec.merging(changes) { $1 })]
    }

    @Test func whatMakesNoSenseIsNamed() {
        let table: [([String: JSONValue], String)] = [
            (["spec": []], "“spec” is a list: expected an object"),
            (spec(["clients": 0]), "“clients” is 0: expected a whole number from 1 to 2147483647"),
            (
                spec(["rounds": 2.5]),
                "“rounds” is 2.5: expected a whole number from 1 to 2147483647"
            ),
            (spec(["seed": -1]), "“seed” is -1: expected a whole number from 0 to \(UInt64.max)"),
            (spec(["model": 7]), "“model” is 7: expected a text of up to 1000 bytes"),
            (
                spec(["steps": [1]]),
                "“steps” is a list: expected a number, a text, true, false or null"
            ),
            (
                ["objective": ["proximal": 1e300, "controlVariates": false]],
                "“proximal” is 1e+300: expected a number of at least 0"
            ),
            (
                ["objective": ["proximal": 0]],
                "“controlVariates” is missing: expected true or false"
            ),
            (["objective": nil], "“objective” is null: expected an object"),
            (
                ["transforms": ["clip:1.0", 3]],
                "“transforms” is a list: expected a list of up to 16 texts of up to 100 bytes"
            ),
            (
                ["encodings": .array(Array(repeating: "a", count: 17))],
                "“encodings” is a list: expected a list of up to 16 texts of up to 100 bytes"
            ),
            (["architectureJSON": []], "“architectureJSON” is a list: expected an object"),
            (spec(["experiment": 0]), "“experiment” is 0: expected a whole number from 1 to 4"),
        ]
        for (changes, sentence) in table {
            #expect(settingsError(changes)?.message == sentence)
        }
        // What each of the others may be, clients check by the table that they have, too.
        #expect(settingsError(spec(["epochs": nil, "steps": 3, "later": "new"])) == nil)
        #expect(settingsError(spec(["experiment": nil, "partition": "iid"])) == nil)
    }

    @Test func randomBytesAreRefused() {
        var random = RandomStream(RandomKey(seed: 13, purpose: .benchmark))
        for _ in 0..<2000 {
            let bytes = (0..<random.next(in: 0...200)).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            #expect(throws: APIError.self) { try NextTask(decoding: bytes) }
        }
    }
}
