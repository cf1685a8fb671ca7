import Foundation
import TestSupport
import TestThreads
import Testing

extension StoreCommandTests {
    @Test("A run of numbers has no results by class, and export says so")
    func noClasses() throws {
        try Command.inTemporaryFolder { folder in
            let rows = (0..<60).map { "\($0),\(Double($0) / 7)\n" }.joined()
            try "a,y\n\(rows)".write(
                to: folder.appending(path: "numbers.csv"), atomically: true, encoding: .utf8)
            let run = try Command.run(
                [
                    "run", "--quiet", "--dataset", "numbers.csv", "--model",
                    "logistic-regression", "--partition", "iid", "--clients", "2", "--rounds", "1",
                    "--epochs", "1",
                ], in: folder)
            #expect(run.status == 0, "\(run.errors)")
            let found = try Command.run(["export", "last", "--format", "classes"], in: folder)
            #expect(found.status == 64 && found.output.isEmpty)
            #expect(found.errors.hasPrefix("federated: run 20"), "\(found.errors)")
            #expect(
                found.errors.hasSuffix(
                    " has no results by class: its data have none, or it was never tested\n"))
        }
    }

    @Test("export writes the log again, a table, and the model; compare and show read the rest")
    func looking() throws {
        try Command.inTemporaryFolder { folder in
            for rate in ["0.01", "0.1"] {
                let run = try Command.run(
                    ["run", "--learning-rate", rate, "--quiet"] + Command.short, in: folder)
                #expect(run.status == 0)
            }
            let store = ["--store", "logs/federated.sqlite"]
            let listed = try Command.run(["runs"] + store, in: folder)
            let names = listed.output.split(separator: "\n").dropFirst().compactMap {
                $0.split(separator: " ").first.map(String.init)
            }
            #expect(names.count == 2)
            let logs = folder.appending(path: "logs")
            for name in names {
                let json = try Command.run(["export", name] + store, in: folder)
                let written = try Data(contentsOf: logs.appending(path: "\(name).json"))
                #expect(Data(json.output.utf8) == written)
                let model = try Command.run(
                    ["export", name, "--format", "safetensors", "--output", "m"] + store,
                    in: folder)
                #expect(model.status == 0)
                #expect(model.output == "  model      m\n")
                #expect(
                    try Data(contentsOf: folder.appending(path: "m"))
                        == Data(contentsOf: logs.appending(path: "\(name).safetensors")))
            }
            let csv = try Command.run(["export", names[0], "--format", "csv"] + store, in: folder)
            let rows = csv.output.split(separator: "\n")
            #expect(rows.count == 1 + 6 * 4)
            #expect(rows[0].hasPrefix("run,round,kind,client,trained_samples,accuracy,r2,"))
            #expect(rows[4].hasPrefix("\(names[0]),1,server,,"))
            #expect(Set(rows.map { row in row.count { $0 == "," } }).count == 1)
            let objects = try Command.run(
                ["export", names[0], "--format", "jsonl"] + store, in: folder)
            #expect(objects.output.split(separator: "\n").count == 6 * 4)
            // The log beside the store has the same name, and so the same table.
            let other = try Command.run(
                ["export", "logs/\(names[0]).json", "--format", "csv"], in: folder)
            #expect(other.output == csv.output)
            let classes = try Command.run(
                ["export", names[0], "--format", "classes"] + store, in: folder)
            let table = classes.output.split(separator: "\n").map { $0.split(separator: ",") }
            #expect(table.count == 1 + 10)
            #expect(table[0].starts(with: ["class", "samples", "accuracy", "as 0", "as 1"]))
            for row in table.dropFirst() {
                let counts = row.dropFirst(3).compactMap { Int($0) }
                #expect(counts.count == 10 && "\(counts.reduce(0, +))" == row[1], "\(row)")
            }

            let shown = try Command.run(["show", names[1]] + store, in: folder)
            #expect(shown.output.hasPrefix("\(names[1])  completed\n"))
            #expect(!shown.output.contains("SGD at 0.1"))
            let all = try Command.run(["show", names[1], "--all"] + store, in: folder)
            #expect(all.output.contains("SGD at 0.1"))
            // Settings are rows, and none of them is a line of hundreds of letters.
            // The command that repeats it can be copied as it is.
            let lines = shown.output.split(separator: "\n").filter {
                !$0.hasPrefix("  federated run ")
            }
            #expect(lines.allSatisfy { $0.count <= 150 })
            #expect(shown.output.contains("   6/6"))
            let compared = try Command.run(["compare"] + names + store, in: folder)
            #expect(compared.output.contains("learning rate 0.01"))
            #expect(!compared.output.contains("epochs"))

            for arguments in [
                ["show", "nobody"], ["export", "nobody"], ["compare", names[0], "nobody"],
            ] {
                let unknown = try Command.run(arguments + store, in: folder)
                #expect(unknown.status == 1)
                #expect(
                    unknown.errors
                        == "federated: there is no run “nobody”: the store has "
                        + "\(names[0]), \(names[1])\n")
            }
            let one = try Command.run(["compare", names[0]] + store, in: folder)
            #expect(one.status == 64)
            #expect(
                one.errors
                    == "federated: compare needs at least 2 runs, not 1: the last ones in "
                    + "logs/federated.sqlite are \(names[0]), \(names[1]), and last means "
                    + "\(names[1])\n")
            for (options, sentence) in [
                (
                    ["--target", "0.9"],
                    "--over and --target belong to a picture: add --picture FILE"
                ),
                (
                    ["--over", "rounds"],
                    "--over and --target belong to a picture: add --picture FILE"
                ),
                (
                    ["--picture", "p.png", "--target", "1.5"],
                    "--target must be above 0 and at most 1, not 1.5"
                ),
            ] {
                let refused = try Command.run(["compare"] + names + options + store, in: folder)
                #expect(refused.status == 64)
                #expect(refused.errors == "federated: \(sentence)\n")
            }
            let noStore = try Command.run(["runs", "--store", "elsewhere"], in: folder)
            #expect(noStore.status == 1)
            #expect(
                noStore.errors
                    == "federated: there is no store elsewhere: the first run makes it\n")
        }
    }

    @Test("A run is named by its name, a beginning, last, or its log, wherever one is asked for")
    func naming() throws {
        try Command.inTemporaryFolder { folder in
            for seed in ["1", "2"] {
                let run = try Command.run(
                    ["run", "--seed", seed, "--quiet"] + Command.short, in: folder)
                #expect(run.status == 0)
            }
            let store = ["--store", "logs/federated.sqlite"]
            let logs = try FileManager.default.contentsOfDirectory(
                atPath: folder.appending(path: "logs").path
            ).filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.sorted()
            let names = logs.map { String($0.dropLast(".json".count)) }
            #expect(names.count == 2)

            // The same by every name, but for what only a store knows.
            func shown(_ name: String) throws -> [Substring] {
                let command = try Command.run(["show", name] + store, in: folder)
                #expect(command.status == 0, "\(command.errors)")
                return command.output.split(separator: "\n").filter {
                    !$0.hasPrefix("  log ") && !$0.hasPrefix("  begun by ")
                }
            }
            let newest = try shown(names[1])
            #expect(newest.contains { $0.hasPrefix("  seed       2") })
            #expect(try shown("last") == newest)
            #expect(try shown("logs/\(logs[1])") == newest)
            // Names of one second differ in their ends alone: what they share means neither of them.
            let shared = names[0].commonPrefix(with: names[1])
            if names[1] != shared, names[0] != shared {
                #expect(try shown(String(names[1].prefix(shared.count + 1))) == newest)
                for command in [["show"], ["export"], ["report"], ["compare", "last"]] {
                    let answer = try Command.run(command + [shared] + store, in: folder)
                    #expect(answer.status == 1)
                    #expect(
                        answer.errors
                            == "federated: “\(shared)” begins the names of several runs: "
                            + "\(names[0]), \(names[1])\n")
                }
            }
            // A folder of logs alone will do, as a sweep leaves one.
            let compared = try Command.run(
                ["compare", "logs/\(logs[0])", "logs/\(logs[1])", "--store", "none"], in: folder)
            #expect(compared.status == 0)
            #expect(compared.output.contains("seed 1") && compared.output.contains("seed 2"))
            let mixed = try Command.run(["compare", "logs/\(logs[0])", "last"] + store, in: folder)
            #expect(mixed.output == compared.output)
            for format in ["json", "csv", "safetensors"] {
                let arguments = ["--format", format, "--output", "out"]
                for (index, name) in [names[0], "logs/\(logs[0])"].enumerated() {
                    let answer = try Command.run(
                        ["export", name] + arguments + store, in: folder)
                    #expect(answer.status == 0, "\(answer.errors)")
                    try FileManager.default.moveItem(
                        at: folder.appending(path: "out"),
                        to: folder.appending(path: "\(format)\(index)"))
                }
                #expect(
                    try Data(contentsOf: folder.appending(path: "\(format)0"))
                        == Data(contentsOf: folder.appending(path: "\(format)1")))
            }
            for command in ["show", "export", "report"] {
                let none = try Command.run([command] + store, in: folder)
                #expect(none.status == 64)
                #expect(
                    none.errors
                        == "federated: \(command) needs a run: the last ones in "
                        + "logs/federated.sqlite are \(names[0]), \(names[1]), and last means "
                        + "\(names[1])\n")
                let missing = try Command.run([command, "no.json"] + store, in: folder)
                #expect(missing.status == 1)
                #expect(
                    missing.errors
                        == "federated: no.json cannot be read: No such file or directory\n")
            }
        }
    }

    @Test("The list of runs tells data, division, strategy, who began them, and which is running")
    func listing() throws {
        try Command.inTemporaryFolder { folder in
            let partition = [
                "--partition", "dirichlet:0.5", "--strategy", "fedadam", "--cohort", "2",
            ]
            let plain = Command.short.filter { $0 != "--experiment" && $0 != "4" }
            #expect(
                try Command.run(["run", "--quiet"] + partition + plain, in: folder).status == 0)
            let long = Command.short.map { $0 == "6" ? "100000" : $0 }
            let (process, _) = try Command.start(["run"] + long, in: folder, until: "2/100000")
            func rows() throws -> [String] {
                let answer = try Command.run(
                    ["runs", "--store", "logs/federated.sqlite"], in: folder)
                return answer.output.split(separator: "\n").dropFirst().map(String.init)
            }
            let meanwhile = try rows()
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let after = try rows()
            try #require(meanwhile.count == 2 && after.count == 2)
            for word in ["digits", "dirichlet:0.5", "FedAdam", "completed"] {
                #expect(meanwhile[0].contains(word), "\(meanwhile[0])")
            }
            #expect(!meanwhile[0].contains("experiment"))
            #expect(meanwhile[1].contains("experiment 4"))
            #expect(
                meanwhile[1].hasSuffix("running, process \(process.processIdentifier)"),
                "\(meanwhile[1])")
            #expect(after[1].contains("  unfinished after "), "\(after[1])")
            // The log of a partition has no experiment, and a number for a number.
            let log = try #require(
                try FileManager.default.contentsOfDirectory(
                    atPath: folder.appending(path: "logs").path
                ).first { $0.hasSuffix(".json") && !$0.hasPrefix(".") })
            let data = try Data(contentsOf: folder.appending(path: "logs/\(log)"))
            let object = try #require(
                try JSONSerialization.jsonObject(with: data) as? [String: Any])
            #expect(object["experiment"] as? Int == 0)
            let configuration = try #require(object["configuration"] as? [String: Any])
            #expect(configuration["experiment"] == nil)
            #expect(configuration["cohort"] as? Int == 2)
        }
    }
}
