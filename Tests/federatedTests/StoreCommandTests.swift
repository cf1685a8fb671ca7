import Foundation
import TestSupport
import TestThreads
import Testing

/// What a run left in a folder.
private struct Remains {
    /// The log without its timings and its number of threads.
    var log = ""
    var outcome: String?
    var model = Data()
    /// How many logs there are.
    var count = 0

    init(_ folder: URL) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        let logs = names.filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }
        count = logs.count
        guard let name = logs.last else { return }
        let data = try Data(contentsOf: folder.appending(path: name))
        var object = try #require(
            JSONSerialization.jsonObject(with: data) as? [String: Any])
        outcome = object["outcome"] as? String
        for key in ["timings", "started", "threads"] {
            #expect(object.removeValue(forKey: key) != nil)
        }
        #expect(object.count > 15)
        log = String(
            decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys),
            as: UTF8.self)
        model = try Data(
            contentsOf: folder.appending(
                path: name.replacingOccurrences(of: ".json", with: ".safetensors")))
    }
}

extension Command {
    /// Options of a run of many short rounds.
    static let short = [
        "--dataset", "digits", "--model", "logistic-regression", "--samples", "30", "--epochs", "1",
        "--clients", "3", "--rounds", "6", "--evaluation-fraction", "0.02", "--log-dir", "logs",
        "--experiment", "4",
    ]

    /// Starts it, and returns when it has printed a text: with all that it has printed.
    static func start(
        _ arguments: [String], in folder: URL, until text: String
    ) throws -> (process: Process, printed: String) {
        let process = try start(arguments, in: folder)
        let pipe = try #require(process.standardOutput as? Pipe)
        var printed = ""
        while !printed.contains(text) {
            let data = pipe.fileHandleForReading.availableData
            if data.isEmpty { break }
            printed += String(decoding: data, as: UTF8.self)
        }
        return (process, printed)
    }

    private static func start(_ arguments: [String], in folder: URL) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
            .deletingLastPathComponent().appending(path: "federated")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardOutput = Pipe()
        process.standardError = Pipe()
        try process.run()
        return process
    }
}

@Suite("Runs in a store, as a user types it", .holdsItsThread)
struct StoreCommandTests {
    @Test("Killed at any round, resumed until done: the bits and the log of an undisturbed run")
    func killed() throws {
        try Command.inTemporaryFolder { folder in
            let whole = folder.appending(path: "whole")
            let broken = folder.appending(path: "broken")
            for place in [whole, broken] {
                try FileManager.default.createDirectory(
                    at: place, withIntermediateDirectories: true)
            }
            #expect(try Command.run(["run"] + Command.short, in: whole).status == 0)
            let expected = try Remains(whole.appending(path: "logs"))
            #expect(expected.outcome == "completed")

            // Each process dies when it has printed another line of its table.
            var kills = 0
            for round in [1, 1, 3, 4, 6] {
                let (process, _) = try Command.start(
                    ["run", "--resume", "--threads", "\(round)"] + Command.short, in: broken,
                    until: " \(round)/6 ")
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                if process.terminationReason == .uncaughtSignal { kills += 1 }
            }
            #expect(kills >= 4)
            let last = try Command.run(
                ["run", "--resume"] + Command.short, in: broken)
            #expect(last.status == 0, "\(last.errors)")
            let found = try Remains(broken.appending(path: "logs"))
            #expect(found.model == expected.model)
            #expect(found.log == expected.log)
            let runs = try Command.run(["runs", "--store", "logs/federated.sqlite"], in: broken)
            #expect(runs.output.split(separator: "\n").count == 2, "\(runs.output)")
            #expect(runs.output.contains("6/6"))
            #expect(runs.output.contains("completed"))
        }
    }

    @Test("Ctrl-C leaves a run that --resume goes on with, printing the rounds it has")
    func interrupted() throws {
        try Command.inTemporaryFolder { folder in
            let long = Command.short.map { $0 == "6" ? "100000" : $0 }
            let (process, _) = try Command.start(["run"] + long, in: folder, until: "2/100000")
            kill(process.processIdentifier, SIGINT)
            _ = try (process.standardOutput as? Pipe)?.fileHandleForReading.readToEnd()
            let errors = try (process.standardError as? Pipe)?.fileHandleForReading.readToEnd()
            process.waitUntilExit()
            #expect(process.terminationStatus == 130)
            #expect(
                String(decoding: errors ?? Data(), as: UTF8.self)
                    .contains("; federated run --resume 2"))

            let refused = try Command.run(
                ["run", "--resume", "--log-dir", "logs", "--learning-rate", "0.5"], in: folder)
            #expect(refused.status == 64)
            #expect(
                refused.errors.hasPrefix("federated: --learning-rate is 0.5, but run 2"),
                "\(refused.errors)")
            #expect(
                refused.errors.contains(
                    ", which is to be resumed, has 0.01: leave the option out, or --resume"))
            let otherData = try Command.run(
                ["run", "--resume", "--log-dir", "logs", "--dataset", "mnist"], in: folder)
            #expect(otherData.errors.contains("--dataset is mnist, but run 2"))
            let flag = try Command.run(
                ["run", "--resume", "--log-dir", "logs", "--fixed-shards"], in: folder)
            #expect(flag.errors.contains("--fixed-shards is true, but run 2"))

            // With nothing but --resume, the settings are the store's.
            let (again, text) = try Command.start(
                ["run", "--resume", "--log-dir", "logs"], in: folder, until: "1/100000")
            kill(again.processIdentifier, SIGKILL)
            again.waitUntilExit()
            #expect(text.contains(", resumed after round "))
            #expect(text.contains("logistic-regression"))
        }
    }

    @Test("Nothing to resume: it says so and starts afresh; without a store it cannot")
    func nothing() throws {
        try Command.inTemporaryFolder { folder in
            let run = try Command.run(["run", "--resume"] + Command.short, in: folder)
            #expect(run.status == 0)
            #expect(
                run.output.hasPrefix(
                    "nothing to resume in logs/federated.sqlite: starting afresh\n"))
            let both = try Command.run(["run", "--resume", "--no-store"], in: folder)
            #expect(both.status == 64)
            #expect(
                both.errors == "federated: --resume needs a store: leave --no-store out\n")
            let twice = try Command.run(["run", "--store", "x", "--no-store"], in: folder)
            #expect(
                twice.errors == "federated: --store and --no-store contradict each other\n")
            let without = try Command.run(
                ["run", "--no-store"] + Command.short.map { $0 == "logs" ? "bare" : $0 }, in: folder
            )
            #expect(without.status == 0)
            let names = try FileManager.default.contentsOfDirectory(
                atPath: folder.appending(path: "bare").path)
            #expect(names.count == 2)
        }
    }

    @Test("A store that cannot be written ends the command before training, with one sentence")
    func unusable() throws {
        try Command.inTemporaryFolder { folder in
            let file = folder.appending(path: "file")
            try Data("no database at all, but a text that is long enough".utf8).write(to: file)
            for (store, sentence) in [
                (
                    "file",
                    "file is not a store of runs: a SQLite file that federated has made was expected"
                ),
                ("file/x", "the store file/x cannot be opened: Not a directory"),
                ("none/x", "the store none/x cannot be opened: No such file or directory"),
                (".", "the store . cannot be opened: it is no regular file"),
            ] {
                let command = try Command.run(
                    ["run", "--store", store] + Command.short, in: folder)
                #expect(command.status == 1)
                #expect(command.output == "")
                #expect(command.errors == "federated: \(sentence)\n")
            }
        }
    }

    @Test("A user without the right to write")
    func permissions() throws {
        try Command.inTemporaryFolder { folder in
            // Root may do anything, so the command runs as nobody then, from where nobody may go.
            let isRoot = geteuid() == 0
            let program = folder.appending(path: "federated")
            try FileManager.default.copyItem(
                at: URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
                    .appending(path: "federated"), to: program)
            let logs = folder.appending(path: "logs")
            try FileManager.default.createDirectory(at: logs, withIntermediateDirectories: true)
            chmod(folder.path, 0o755)
            chmod(logs.path, 0o777)
            let store = folder.appending(path: "runs.sqlite")
            try Data().write(to: store)
            chmod(store.path, 0o000)
            try Data().write(to: URL(fileURLWithPath: store.path + "-lock"))
            chmod(store.path + "-lock", 0o666)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments =
                (isRoot
                    ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [])
                + [program.path, "run", "--store", store.path, "--log-dir", logs.path]
                + Command.tiny
            let errors = Pipe()
            process.standardOutput = FileHandle.nullDevice
            process.standardError = errors
            try process.run()
            let said = try errors.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            #expect(process.terminationStatus == 1)
            #expect(
                String(decoding: said, as: UTF8.self)
                    == "federated: the store \(store.path) cannot be opened: Permission denied\n")
        }
    }

    @Test("A disk that fills up ends the run; what was committed is logged and can be resumed")
    func fileSizeLimit() throws {
        try Command.inTemporaryFolder { folder in
            let program = URL(fileURLWithPath: CommandLine.arguments[0])
                .deletingLastPathComponent().appending(path: "federated").path
            // The shell's limit on files, in blocks of 1,024 bytes, stops the store's log.
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            process.arguments =
                ["-c", "ulimit -f 1000; trap '' XFSZ; exec \"$@\"", "bash", program, "run"]
                + Command.short.map { $0 == "6" ? "400" : $0 }
            process.currentDirectoryURL = folder
            let errors = Pipe()
            process.standardOutput = FileHandle.nullDevice
            process.standardError = errors
            try process.run()
            let said = String(
                decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 1)
            #expect(
                said.hasPrefix(
                    "federated: the store logs/federated.sqlite cannot be written: disk I/O error"),
                "\(said)")
            let runs = try Command.run(["runs", "--store", "logs/federated.sqlite"], in: folder)
            let isOpen = ["unfinished", "interrupted"].contains { runs.output.contains($0) }
            #expect(isOpen, "\(runs.output) \(runs.errors)")
        }
    }

}
