import Experiments
import Federation
import Foundation
import JSON
import TestSupport
import TestThreads
import Testing

@Suite("federated report", .holdsItsThread)
struct ReportTests {
    /// The state in a report.
    private func state(in page: String) throws -> [String: Any] {
        let start = "<script type=\"application/json\" id=\"inlined\">"
        let parts = page.components(separatedBy: start)
        try #require(parts.count == 2)
        let data = parts[1].components(separatedBy: "</script>")[0]
        return try #require(
            JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any])
    }

    @Test("The report of a real run shows its settings, rounds and clients")
    func realRun() throws {
        try Command.inTemporaryFolder { folder in
            let run = try Command.run(
                ["run", "--experiment", "4", "--quiet"] + Command.tiny, in: folder)
            try #require(run.status == 0, "\(run.errors)")
            let log = run.output.trimmingCharacters(in: .newlines)
            let name = URL(fileURLWithPath: log).deletingPathExtension().lastPathComponent

            let report = try Command.run(["report", log], in: folder)
            #expect(report.status == 0, "\(report.errors)")
            #expect(report.output == "Logs/\(name).html\n")
            let page = try String(
                contentsOf: folder.appending(path: "Logs/\(name).html"), encoding: .utf8)
            #expect(page.hasPrefix("<!doctype html>"))
            let state = try state(in: page)
            #expect(state["phase"] as? String == "finished")
            #expect(state["outcome"] as? String == "completed")
            #expect((state["drops"] as? [Any])?.isEmpty == true)
            let settings = try #require(state["run"] as? [String: Any])
            #expect(settings["id"] as? String == name)
            #expect(settings["experiment"] as? Int == 4)
            #expect(settings["model"] as? String == "logistic-regression")
            #expect(settings["samples"] as? Int == 30)
            #expect(settings["learning_rate"] as? Double == 0.01)
            #expect(settings["seed"] as? Int == 1)
            let rounds = try #require(state["rounds"] as? [[String: Any]])
            #expect(rounds.map { $0["round"] as? Int } == [1, 2])
            let written = try #require(
                JSONSerialization.jsonObject(
                    with: Data(contentsOf: folder.appending(path: log))) as? [String: Any])
            #expect(rounds.map { $0["accuracy"] as? Double } == written["server acc"] as? [Double])
            let accuracies = try #require(written["clients acc"] as? [String: [Double]])
            #expect(
                rounds.map { $0["clientsHigh"] as? Double }
                    == (0..<2).map { round in accuracies.values.map { $0[round] }.max() })
            let clients = try #require(state["clients"] as? [[String: Any]])
            #expect(clients.map { $0["client"] as? Int } == [0, 1, 2])
            #expect(
                clients.map { $0["accuracy"] as? Double }
                    == (0..<3).map { accuracies["\($0)"]?.last })

            // By its name, from the store: the same, and it is known that nobody was dropped.
            let named = try Command.run(["report", name, "--output", "-"], in: folder)
            #expect(named.status == 0, "\(named.errors)")
            #expect(named.output == page)
            let beside = try Command.run(["report", name], in: folder)
            #expect(beside.output == "Logs/\(name).html\n")
            let again = try String(
                contentsOf: folder.appending(path: "Logs/\(name).html"), encoding: .utf8)
            #expect(again == named.output)
        }
    }

    @Test("A report of a cohort tells algorithm and target, and who took part last")
    func cohort() throws {
        try Command.inTemporaryFolder { folder in
            let run = try Command.run(
                [
                    "run", "--quiet", "--partition", "iid", "--strategy", "fedprox", "--mu", "0.5",
                    "--cohort", "0.01", "--target-accuracy", "1", "--evaluate-every", "3",
                    "--momentum", "0.9", "--no-client-evaluation",
                ] + Command.tiny.map { $0 == "3" ? "400" : $0 == "2" ? "7" : $0 }, in: folder)
            try #require(run.status == 0, "\(run.errors)")
            let log = run.output.trimmingCharacters(in: .newlines)
            let report = try Command.run(["report", log, "--output", "-"], in: folder)
            let state = try state(in: report.output)
            let settings = try #require(state["run"] as? [String: Any])
            #expect(settings["partition"] as? String == "iid")
            #expect(settings["strategy"] as? String == "FedProx")
            #expect(settings["mu"] as? Double == 0.5)
            #expect(settings["momentum"] as? Double == 0.9)
            #expect(settings["cohort"] as? Int == 4)
            #expect(settings["target_accuracy"] as? Double == 1)
            #expect(settings["evaluate_every"] as? Int == 3)
            #expect(settings["no_client_evaluation"] as? Bool == true)
            // What is as always is left out.
            for name in [
                "weight_decay", "learning_rate_decay", "fixed_shards", "evaluationInterval",
            ] {
                #expect(settings[name] == nil, "\(name)")
            }
            let rounds = try #require(state["rounds"] as? [[String: Any]])
            #expect(
                rounds.map { $0["accuracy"] is NSNull } == [
                    true, true, false, true, true, false, false,
                ])
            #expect(rounds.allSatisfy { $0["seconds"] is Double })
            let clients = try #require(state["clients"] as? [[String: Any]])
            #expect(state["clientsSeen"] as? Int == clients.count)
            #expect(clients.count <= 28)
            let last = clients.compactMap { $0["lastRound"] as? Int }
            #expect(last.count == clients.count)
            #expect(last.filter { $0 == 7 }.count == 4)
        }
    }

    @Test("Of many clients a report has the two hundred that took part last, newest first")
    func manyClients() {
        var log = RunLog(clientNumber: 1000, experiment: 0, maxRound: 3)
        log.serverAccuracies = [0.1, 0.2, 0.3]
        for client in 0..<1000 {
            let round = client % 3
            log.clientAccuracies[client] = (0..<3).map { $0 == round ? 0.5 : nil }
            log.clientSamples[client] = (0..<3).map { $0 == round ? 10 : 0 }
        }
        let state = RunReport.state(of: log, name: "many").json.members
        #expect(state["clientsSeen"] == .integer(1000))
        guard case .array(let clients)? = state["clients"] else {
            Issue.record("there are no clients")
            return
        }
        #expect(
            clients.compactMap { $0.members["client"] }
                == (0..<200).map { JSONValue.integer(2 + 3 * $0) })
        #expect(clients.allSatisfy { $0.members["lastRound"] == .integer(3) })
    }

    @Test("A run that a killed process left, and a name that the store has not")
    func unfinished() throws {
        try Command.inTemporaryFolder { folder in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
                .deletingLastPathComponent().appending(path: "federated")
            process.arguments =
                ["run"] + Command.tiny.map { $0 == "2" ? "100000" : $0 } + [
                    "--seed", "18446744073709551615",
                ]
            process.currentDirectoryURL = folder
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            var text = ""
            while !text.contains("2/100000 ") {
                let data = output.fileHandleForReading.availableData
                if data.isEmpty { break }
                text += String(decoding: data, as: UTF8.self)
            }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()

            let unknown = try Command.run(["report", "yesterday"], in: folder)
            #expect(unknown.status == 1)
            let start = "federated: there is no run “yesterday”: the store has "
            #expect(unknown.errors.hasPrefix(start), "\(unknown.errors)")
            let name = unknown.errors.dropFirst(start.count).dropLast()
            let report = try Command.run(
                ["report", String(name), "--output", "page.html"], in: folder)
            #expect(report.status == 0, "\(report.errors)")
            let page = try String(
                contentsOf: folder.appending(path: "page.html"), encoding: .utf8)
            let state = try state(in: page)
            #expect(state["outcome"] as? String == "unfinished")
            #expect(((state["rounds"] as? [Any])?.count ?? 0) >= 2)
            let settings = try #require(state["run"] as? [String: Any])
            #expect(settings["seed"] as? UInt64 == .max)
        }
    }

    @Test("A log that another program wrote is reported with what it has")
    func foreignLog() throws {
        try Command.inTemporaryFolder { folder in
            let log = """
                {"client number": 2, "experiment": 1, "max round": 3,
                 "clients acc": {"1": [0.5, null], "2": [0.25, 0.75]}, "server acc": [0.5, 0.625],
                 "final weight": [[0.5]], "configuration": {}, "outcome": "</script><b>"}
                """
            try Data(log.utf8).write(to: folder.appending(path: "their log.json"))
            let report = try Command.run(
                ["report", "their log.json", "--output", "page.html"], in: folder)
            #expect(report.status == 0, "\(report.errors)")
            #expect(report.output == "page.html\n")
            let page = try String(
                contentsOf: folder.appending(path: "page.html"), encoding: .utf8)
            let state = try state(in: page)
            #expect(state["outcome"] as? String == "</script><b>")
            let settings = try #require(state["run"] as? [String: Any])
            #expect(settings["seed"] == nil)
            #expect(settings["startedAt"] == nil)
            let clients = try #require(state["clients"] as? [[String: Any]])
            #expect(clients.map { $0["accuracy"] as? Double } == [0.5, 0.75])
            let rounds = try #require(state["rounds"] as? [[String: Any]])
            #expect(rounds.map { $0["clientsLow"] as? Double } == [0.25, 0.75])
            #expect(rounds.allSatisfy { $0["loss"] is NSNull && $0["seconds"] is NSNull })
        }
    }

    @Test("What cannot be reported gets one sentence and leaves no file")
    func failures() throws {
        try Command.inTemporaryFolder { folder in
            func write(_ name: String, _ text: String) throws {
                try Data(text.utf8).write(to: folder.appending(path: name))
            }
            try write("short.json", "{\"client number\": 2")
            try write("other.json", "{\"name\": 1}")
            try write("wrong.json", "{\"client number\": \"two\"}")
            let good = """
                {"client number": 1, "experiment": 1, "max round": 1, "clients acc": {},
                 "server acc": [], "final weight": null}
                """
            try write("good.json", good)
            try FileManager.default.createDirectory(
                at: folder.appending(path: "Logs"), withIntermediateDirectories: true)
            let cases: [([String], String)] = [
                (
                    ["nothing.json"], "nothing.json cannot be read: No such file or directory"
                ),
                (["a/b"], "a/b cannot be read: No such file or directory"),
                (["good.json/b"], "good.json/b cannot be read: Not a directory"),
                (["./Logs"], "./Logs cannot be read: it is no file"),
                (
                    ["20260101_000000"],
                    "there is no store Logs/federated.sqlite: the first run makes it"
                ),
                (
                    ["x", "--store", "good.json"],
                    "good.json is not a store of runs: a SQLite file that federated has made was "
                        + "expected"
                ),
                (
                    ["short.json"],
                    "short.json is no log of a run: the log is malformed at byte 19 of the JSON: "
                        + "expected a comma or the end of the object"
                ),
                (
                    ["other.json"],
                    "other.json is no log of a run: the log has no \"client number\""
                ),
                (
                    ["wrong.json"],
                    "wrong.json is no log of a run: \"client number\" in the log should be "
                        + "a whole number"
                ),
                (
                    ["good.json", "--output", "missing/page.html"],
                    "missing/page.html cannot be written: No such file or directory"
                ),
            ]
            for (arguments, sentence) in cases {
                let command = try Command.run(["report"] + arguments, in: folder)
                #expect(command.status == 1)
                #expect(command.output == "")
                #expect(command.errors == "federated: \(sentence)\n")
            }
            let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            #expect(!names.contains { $0.hasSuffix(".html") })
        }
    }
}
