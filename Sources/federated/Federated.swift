import ArgumentParser
import Foundation
import Tensors

/// The command.
@main
package struct Federated: ParsableCommand {
    static let version = "0.1.0"

    package static let configuration = CommandConfiguration(
        commandName: "federated",
        abstract: "Federated learning on this machine: a server and its clients in one process.",
        discussion: "Try: federated run --experiment 1",
        version: version,
        subcommands: [
            RunCommand.self, ServeCommand.self, JoinCommand.self, FlowerNodeCommand.self,
            RunsCommand.self, ShowCommand.self, CompareCommand.self, ExportCommand.self,
            ReportCommand.self, BenchCommand.self, SweepCommand.self, ReproduceCommand.self,
            PartitionCommand.self, DataCommand.self,
        ])

    package init() {}

    /// Parses and runs; every error is one line on standard error, of all ranks' the first one's.
    static func main() {
        do {
            var command = try parseAsRoot()
            try ProcessNeeds(command).require()
            try command.run()
        } catch let failure as CommandFailure {
            complain(failure.message)
            Foundation.exit(failure.status)
        } catch {
            let code = exitCode(for: error)
            // Help and version come as errors, too.
            if code == .success {
                Console.write(Array(helpText(fullMessage(for: error)).utf8))
                Foundation.exit(0)
            }
            complain(message(for: error))
            Foundation.exit(code.rawValue)
        }
    }

    /// A help, with its usage broken between options, which the parser leaves in one line.
    private static func helpText(_ text: String) -> String {
        let usage = "USAGE: "
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
            guard line.hasPrefix(usage) else { return [String(line)] }
            return Text.wrapped(
                joined(String(line)), to: Console.width(of: STDOUT_FILENO), hanging: usage.count
            ).map { $0.replacing("\u{A0}", with: " ") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A usage in which an option and its value cannot be parted.
    private static func joined(_ usage: String) -> String {
        var depth = 0
        return String(
            usage.map { character in
                if character == "[" { depth += 1 }
                if character == "]" { depth -= 1 }
                return depth > 0 && character == " " ? "\u{A0}" : character
            })
    }

    /// Prints one line on standard error.
    static func complain(_ message: String) {
        guard Ranks.launched?.rank ?? 0 == 0 else { return }
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ").printable
        let lines = Text.wrapped(
            "federated: \(line)", to: Console.width(of: STDERR_FILENO), hanging: 4)
        FileHandle.standardError.write(Data((lines.joined(separator: "\n") + "\n").utf8))
    }
}

/// Why the command ends with that status.
package struct CommandFailure: Error {
    package var message: String
    /// 1 for what went wrong, 71 for what the system does not give, 130 for Ctrl-C.
    var status: Int32 = 1
}
