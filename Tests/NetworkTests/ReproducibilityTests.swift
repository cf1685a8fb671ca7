import Experiments
import Federation
import Foundation
import TestSupport
import TestThreads
import Testing

@Suite("Whether settings and seed decide a run's bits", .holdsItsThread)
struct ReproducibilityTests {
    private static func reasons(
        _ execution: Execution = .served, rounds: [RoundRecord] = [],
        _ change: (inout RunSpec) -> Void = { _ in }
    ) -> [String] {
        var settings = RunSpec()
        settings.clients = 10
        change(&settings)
        return Reproducibility(of: settings, for: execution, rounds: rounds).reasons
    }

    @Test("A server's rules that leave it to who is there and who is first")
    func rules() {
        #expect(Self.reasons() == [])
        #expect(
            Self.reasons { $0.roundDeadline = 5 } == [
                "a round closes without those who are late (--round-deadline)",
                "5 of a round's 10 clients may do (--minimum-clients)",
            ])
        #expect(
            Self.reasons {
                $0.cohort = .count(4)
                $0.overSelection = 1.5
            } == [
                "a round closes with the first 4 of 6 updates (--over-selection)",
                "a round's 4 clients are drawn from those that are there then (--cohort)",
            ])
        #expect(
            Self.reasons { $0.minimumClients = 3 } == [
                "3 of a round's 10 clients may do (--minimum-clients)"
            ])
        // All are asked anyway.
        #expect(Self.reasons { $0.overSelection = 2 } == [])
        for execution in [Execution.memory, .ranks, .loopback(.http)] {
            #expect(
                Self.reasons(execution) {
                    $0.cohort = .count(4)
                    $0.overSelection = 1.5
                    $0.minimumClients = 2
                } == [])
        }
    }

    @Test("Clients that cannot say which round their model is of")
    func plain() {
        let reason = "a client of the plain API does not say which round its model is of (--cohort)"
        #expect(Self.reasons(.loopback(.json)) { $0.cohort = .count(4) } == [reason])
        #expect(Self.reasons(.loopback(.json)) == [])
    }

    @Test("Clients that were lost, where they are real")
    func lost() {
        let failure = ClientFailure(.absence, reason: "it went")
        let rounds = (1...3).map { round in
            RoundRecord(
                round: round,
                clients: [
                    .init(client: 1, sampleCount: 5),
                    .init(client: 2, sampleCount: nil, failure: round > 1 ? failure : nil),
                ], global: nil)
        }
        #expect(Self.reasons(rounds: rounds) == ["clients were lost in 2 rounds, first in round 2"])
        #expect(Self.reasons(rounds: Array(rounds[..<2])) == ["clients were lost in round 2"])
        #expect(Self.reasons(rounds: Array(rounds[..<1])) == [])
        #expect(Self.reasons(.memory, rounds: rounds) == [])
    }

    @Test("In the log, which older ones leave out")
    func logs() throws {
        var log = RunLog(clientNumber: 2, experiment: 1, maxRound: 1)
        func text() -> String { String(decoding: log.encoded(), as: UTF8.self) }
        #expect(!text().contains("reproducible"))
        #expect(try RunLog(decoding: log.encoded()).reproducibility == nil)
        log.reproducibility = Reproducibility()
        #expect(text().contains(#""reproducible": true"#) && !text().contains("\"why\""))
        #expect(try RunLog(decoding: log.encoded()) == log)
        log.reproducibility = Reproducibility(reasons: ["a", "b"])
        #expect(text().contains(#""reproducible": false"#) && text().contains(#""why": "a; b""#))
        #expect(try RunLog(decoding: log.encoded()).reproducibility?.why == "a; b")
        #expect(throws: RunLogError.wrongValue(key: "reproducible", expected: "true or false")) {
            try RunLog(decoding: Array(text().replacing("false", with: "1").utf8))
        }
    }

    @Test("A run says true, a server with over-selection why not, on screen and in its log")
    func processes() throws {
        try Command.inTemporaryFolder { folder in
            let run = try Command.run(["run", "--json", "--no-store"] + Command.tiny, in: folder)
            #expect(run.output.contains(#""reproducible": true"#))
            let server = try Running(
                [
                    "serve", "--port", "0", "--once", "--cohort", "2", "--over-selection", "1.5",
                    "--log-dir", folder.appending(path: "served").path,
                ] + Command.tiny)
            let address = try server.address()
            // Two may have done all of it before the third has come, and then no server is there.
            let clients = try (0...2).map {
                try Running(
                    ["join", address, "--id", "\($0)", "--dataset", "digits", "--retry-for", "5"])
            }
            for client in clients { client.wait() }
            #expect(server.wait().status == 0)
            let why = "a round closes with the first 2 of 3 updates (--over-selection)"
            #expect(server.output.contains("depend on more than settings and seed: \(why)"))
            let logs = try FileManager.default.contentsOfDirectory(
                atPath: folder.appending(path: "served").path)
            let name = try #require(logs.first { $0.hasSuffix(".json") })
            let log = try RunLog(contentsOf: folder.appending(path: "served/\(name)"))
            #expect(log.reproducibility?.reasons.first?.hasPrefix(why) == true)
            let help = try Command.run(["serve", "--help"], in: folder)
            #expect(
                help.output.contains("--over-selection above 1") && help.output.contains("\"why\""))
        }
    }
}
