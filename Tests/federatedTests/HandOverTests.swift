import Foundation
import TestSupport
import TestThreads
import Testing

@Suite("What federated leaves to the program with the network part", .holdsItsThread)
struct HandOverTests {
    /// Command lines that need a network.
    static let arguments = [
        ["serve", "--port", "0", "two words", ""], ["serve", "--help"], ["help", "join"],
        ["join", "http://127.0.0.1:9103"], ["flower-node", "--superlink", "x"],
        ["run", "--transport", "http", "--dataset", "digits"], ["run", "--transport=json"],
        ["bench", "federation", "--quick"], ["bench", "load-server"],
        ["run", "--log-to", "tensorboard"], ["sweep", "--log-to=tensorboard:here"],
        ["export", "--format", "tensorboard", "last"],
    ]

    /// Runs the program from a folder in which it is alone, but for another program if there is one.
    private func run(_ arguments: [String], beside script: String? = nil) throws -> Command {
        // On the file system of the program, which is too large to be copied for each of these.
        let folder = Command.program.deletingLastPathComponent().appending(
            path: "hand-over-\(UUID().uuidString)")
        let files = FileManager.default
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(at: folder) }
        try files.linkItem(
            at: Command.program.resolvingSymlinksInPath(),
            to: folder.appending(path: "federated"))
        if let script {
            let other = folder.appending(path: "federated-network")
            try Data(script.utf8).write(to: other)
            try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: other.path)
        }
        return try Command.run(
            arguments, environment: ["HANDED": "on"],
            program: folder.appending(path: "federated"))
    }

    @Test("The other program has the same arguments and environment", arguments: arguments)
    func handed(arguments: [String]) throws {
        let script = "#!/bin/bash\nprintf '%s\\n' \"$HANDED\" \"$@\"; exit 7\n"
        let command = try run(arguments, beside: script)
        #expect(command.output == (["on"] + arguments).map { $0 + "\n" }.joined())
        #expect(command.errors == "")
        #expect(command.status == 7)
    }

    @Test("Where it is not there, one line says what to type", arguments: arguments)
    func absent(arguments: [String]) throws {
        let command = try run(arguments)
        // Of a command without a network, what needs one is said, too.
        let count = ["run": 3, "sweep": 3, "export": 3, "bench": 2, "help": 2][arguments[0]] ?? 1
        let words = arguments.joined(separator: " ").split { " =".contains($0) }.prefix(count)
            .joined(separator: " ")
        #expect(
            command.errors
                == "federated: \(words) needs the network part, which is not built: make network "
                + "builds it\n")
        #expect(command.output == "")
        #expect(command.status == 69)
    }

    @Test("All else it does alone")
    func alone() throws {
        let help = try run(["--help"])
        for command in ["run", "serve", "join", "flower-node", "bench"] {
            #expect(help.output.contains("\n  \(command) "), "\(help.output)")
        }
        #expect(help.status == 0)
        let wrong = try run(["run", "--clients", "0", "--transport", "http"])
        #expect(wrong.errors == "federated: --clients must be at least 1, not 0\n")
        #expect(try run(["partition", "--help"]).status == 0)
    }

    @Test("The program of make run has no network in it")
    func unlinked() throws {
        let program = try Data(contentsOf: Command.program, options: .mappedIfSafe)
        // As modules' names stand in those of symbols, where this finds them.
        #expect(program.range(of: Data("11Experiments".utf8)) != nil)
        for module in ["7NIOCore", "6NIOSSL", "11Hummingbird", "13SwiftProtobuf"] {
            #expect(program.range(of: Data(module.utf8)) == nil, "\(module)")
        }
    }
}
