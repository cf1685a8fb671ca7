import Foundation
import Platform
import TestSupport
import TestThreads
import Testing

/// A system that gives little: what a command cannot do then it says in one line, and ends.
@Suite("Few files and threads", .serialized, .holdsItsThreadNext)
struct ProcessNeedsTests {
    /// Runs a shell's text in which `federated` is the program.
    private func shell(_ text: String, in folder: URL) throws -> Command {
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0])
        let program = bundle.deletingLastPathComponent().appending(path: "federated").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "federated='\(program)'; \(text)"]
        process.currentDirectoryURL = folder
        let (output, errors) = (folder.appending(path: "output"), folder.appending(path: "errors"))
        for file in [output, errors] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return Command(
            status: process.terminationStatus,
            output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }

    private static let commands = [
        "run", "serve --port 0", "sweep --seeds 1,2", "run --transport http",
    ]

    @Test("Too few open files", arguments: commands)
    func files(command: String) throws {
        try Command.inTemporaryFolder { folder in
            for limit in [4, 8, 12, 20, 24] {
                let options = Command.tiny.joined(separator: " ")
                let ended = try shell(
                    "ulimit -n \(limit); exec timeout 20 \"$federated\" \(command) \(options)",
                    in: folder)
                guard ended.status != 0 else { continue }
                #expect(ended.status == 71, "\(limit): \(ended.status) \(ended.errors)")
                #expect(ended.errors.hasPrefix("federated: the system gives no more open files: "))
                #expect(ended.errors.split(separator: "\n").count == 1)
            }
        }
    }

    @Test("The limit is raised where that may be done, and many connections have their files")
    func raised() throws {
        try Command.inTemporaryFolder { folder in
            let options = Command.tiny.joined(separator: " ")
            let ended = try shell(
                "ulimit -S -n 20; exec timeout 60 \"$federated\" run --quiet \(options)",
                in: folder)
            #expect(ended.status == 0, "\(ended.errors)")
        }
    }

    @Test("A shortage says what there is too little of, how much, and where to look")
    func sentences() {
        #expect(
            "\(ResourceShortage(kind: .threads, needed: 12, found: 5, reason: "no"))"
                == "the system gives no more threads: 12 more are needed, and it has 5 (no); "
                + "`ulimit -u` and a container's limit of processes say how many there may be")
        #expect(
            "\(ResourceShortage(kind: .files, needed: 64, found: 0, reason: "no"))"
                == "the system gives no more open files: 64 more are needed, and it has 0 (no); "
                + "`ulimit -n` says how many there may be")
    }
}
