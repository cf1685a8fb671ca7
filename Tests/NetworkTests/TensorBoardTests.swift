import Federation
import Foundation
import TensorBoard
import TestSupport
import TestThreads
import Testing

@Suite("Runs that TensorBoard follows", .holdsItsThread)
struct TensorBoardTests {
    private func run(
        _ more: [String], in folder: URL, command: String = "run"
    ) throws -> Command {
        try Command.run([command] + Command.tiny + more, in: folder)
    }

    /// What there is of each run below a folder, by the names of the runs' folders.
    private func written(_ root: URL) throws -> [String: WrittenEvents] {
        let names = try FileManager.default.contentsOfDirectory(atPath: root.path)
        return try Dictionary(
            uniqueKeysWithValues: names.map {
                ($0, try WrittenEvents(folder: root.appending(path: $0).path))
            })
    }

    @Test("What is written while a run goes on is what export writes, of a store and of a log")
    func liveIsExported() throws {
        try Command.inTemporaryFolder { folder in
            let settings = ["--population", "30", "--cohort", "4", "--evaluate-every", "2"]
            let live = try run(settings + ["--log-to", "tensorboard"], in: folder)
            #expect(live.status == 0, "\(live.errors)")
            let logs = folder.appending(path: "Logs")
            let events = try written(logs.appending(path: "tensorboard"))
            let (name, shown) = try #require(events.first)
            #expect(events.count == 1)
            #expect(live.output.contains("\n  events     Logs/tensorboard/\(name)\n"))
            #expect(shown.scalars.keys.sorted() == [1, 2])
            #expect(shown.scalars[1]?["server/accuracy"] == nil)
            let log = try RunLog(contentsOf: logs.appending(path: "\(name).json"))
            let accuracy = try #require(log.serverAccuracies[1])
            #expect(shown.scalars[2]?["server/accuracy"] == Float(accuracy))
            #expect(shown.scalars[2]?["round/participants"] == 4)
            for source in ["last", "Logs/\(name).json"] {
                let command = try Command.run(
                    ["export", source, "--format", "tensorboard", "--output", "exported"],
                    in: folder)
                #expect(command.status == 0, "\(command.errors)")
                #expect(command.output == "  events     2 rounds in exported/\(name)\n")
                let exported = folder.appending(path: "exported")
                #expect(try written(exported).keys.sorted() == [name])
                let again = try #require(try written(exported)[name])
                #expect(again.scalars == shown.scalars)
                #expect(again.texts == shown.texts)
                try FileManager.default.removeItem(at: exported)
            }
            // Where the live ones are there is nothing to add.
            let beside = try Command.run(["export", "last", "--format", "tensorboard"], in: folder)
            #expect(beside.output == "  events     2 rounds in Logs/tensorboard/\(name)\n")
            #expect(try written(logs.appending(path: "tensorboard"))[name]?.files.count == 1)
        }
    }

    @Test("A resumed run goes on in its folder, with the rounds that were not shown")
    func resumed() throws {
        try Command.inTemporaryFolder { folder in
            let begun = try run(["--quiet"], in: folder)
            #expect(begun.status == 0, "\(begun.errors)")
            let log = URL(fileURLWithPath: begun.output.trimmingCharacters(in: .newlines))
            let name = log.deletingPathExtension().lastPathComponent
            func extend(to rounds: Int) throws -> WrittenEvents {
                let more = try Command.run(
                    ["run", "--resume", name, "--rounds", "\(rounds)", "--log-to"]
                        + ["tensorboard:shown"], in: folder)
                #expect(more.status == 0, "\(more.errors)")
                let root = folder.appending(path: "shown")
                #expect(try written(root).keys.sorted() == [name])
                return try #require(try written(root)[name])
            }
            #expect(try extend(to: 4).scalars.keys.sorted() == [1, 2, 3, 4])
            let events = try extend(to: 5)
            #expect(events.scalars.keys.sorted() == [1, 2, 3, 4, 5])
            #expect(events.files.count == 2)
            #expect(events.texts["settings"]?.contains("| rounds | 5 |") == true)
        }
    }

    @Test("Runs of a sweep have a folder each, which says what they are")
    func sweep() throws {
        try Command.inTemporaryFolder { folder in
            let done = try run(
                ["--seed", "1,2", "--log-to", "tensorboard"], in: folder, command: "sweep")
            #expect(done.status == 0, "\(done.errors)")
            let events = try written(folder.appending(path: "Logs/tensorboard"))
            #expect(events.keys.map { String($0.suffix(7)) }.sorted() == [" seed 1", " seed 2"])
            for shown in events.values {
                #expect(shown.scalars.keys.sorted() == [1, 2])
                let end = shown.sessions["_hparams_/session_end_info"]
                #expect(end?.end.status == .success)
            }
        }
    }

    @Test("A served run is shown, too")
    func served() throws {
        try Command.inTemporaryFolder { folder in
            let server = try Running(
                ["serve", "--port", "0", "--once", "--log-dir", folder.path, "--log-to"]
                    + ["tensorboard"] + Command.tiny)
            let address = try server.address()
            let clients = try (0..<3).map {
                try Running(["join", address, "--id", "\($0)", "--dataset", "digits"])
            }
            for client in clients { #expect(client.wait().status == 0, "\(client.errors)") }
            #expect(server.wait().status == 0, "\(server.errors)")
            let events = try written(folder.appending(path: "tensorboard"))
            #expect(events.count == 1)
            #expect(events.values.first?.scalars.keys.sorted() == [1, 2])
        }
    }

    static let wrong: [([String], Int32, String)] = [
        (
            ["--log-to", "wandb"], 64,
            "The value 'wandb' is invalid for '--log-to <tensorboard[:DIR]>': expected tensorboard, "
                + "or tensorboard:DIR with a folder"
        ),
        (
            ["--log-to", "tensorboard:"], 64,
            "The value 'tensorboard:' is invalid for '--log-to <tensorboard[:DIR]>': expected "
                + "tensorboard, or tensorboard:DIR with a folder"
        ),
        (
            ["--log-to", "tensorboard:file"], 1,
            "no event files can be written to file: Not a directory"
        ),
    ]

    @Test("What cannot be is refused before there is a run", arguments: wrong)
    func refused(options: [String], status: Int32, sentence: String) throws {
        try Command.inTemporaryFolder { folder in
            try Data().write(to: folder.appending(path: "file"))
            for command in ["run", "serve", "sweep"] {
                let refusal = try run(options, in: folder, command: command)
                #expect(refusal.errors == "federated: \(sentence)\n", "\(command)")
                #expect(refusal.status == status)
                #expect(refusal.output == "")
            }
            let store = folder.appending(path: "Logs/federated.sqlite").path
            #expect(!FileManager.default.fileExists(atPath: store))
        }
    }

    @Test("Where no more can be written, that is said once, and the run goes on")
    func failure() throws {
        try Command.inTemporaryFolder { folder in
            // Files may grow to 4 KB; what is written there at first is less.
            let file = "trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\""
            let command = try Command.run(
                ["-c", file, Command.program.path, "run"] + Command.tiny
                    + ["--rounds", "9", "--no-store", "--log-to", "tensorboard", "--json"],
                in: folder, program: URL(fileURLWithPath: "/bin/bash"))
            let lines = command.errors.split(separator: "\n")
            #expect(lines.first?.contains("cannot be written: File too large; run ") == true)
            #expect(lines.first?.hasSuffix(" goes on without") == true)
            #expect(command.status == 1)
            let events = try written(folder.appending(path: "Logs/tensorboard"))
            let count = try #require(events.values.first?.scalars.count)
            #expect(count > 0 && count < 9)
        }
    }
}
