import ArgumentParser
import Foundation
import Platform

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

    /// Parses and runs; every error is one line on standard error, one that all ranks share the first
    /// rank's to print.
    static func main() {
        StandardStreams.prepare()
        var status = perform()
        if let reason = Console.failure {
            complain("standard output cannot be written: \(reason)")
            if status == 0 { status = 1 }
        }
        Foundation.exit(status)
    }

    /// - Returns: the command's status.
    private static func perform() -> Int32 {
        var isShared = Ranks.share(CommandLine.arguments.dropFirst())
        do {
            try CommandWords.requireUTF8()
            try EnvironmentCheck.check()
            var command = try CommandWords.parse(Array(CommandLine.arguments.dropFirst()))
            try ProcessNeeds(command).require()
            try command.run()
            return 0
        } catch let failure as CommandFailure {
            isShared = isShared || failure.isEveryRanks
            complain(failure.message, isShared: isShared)
            return failure.status
        } catch {
            let code = exitCode(for: error)
            // Help and version come as errors, too.
            if code == .success {
                Console.write(Array(helpText(fullMessage(for: error)).utf8))
                return 0
            }
            let sentence = ParserSentence.improved(
                message(for: error), arguments: Array(CommandLine.arguments.dropFirst()))
            complain(systemWords(for: error) ?? sentence, isShared: isShared)
            return code.rawValue
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
    /// - Parameter isShared: whether all ranks say the same, of which the first is enough.
    static func complain(_ message: String, isShared: Bool = false) {
        if isShared, let launched = Ranks.launched, launched.size > 1, launched.rank > 0 { return }
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ").printable
        let lines = Text.wrapped(
            "federated: \(line)", to: Console.width(of: STDERR_FILENO), hanging: 4)
        Console.warn(lines.joined(separator: "\n"))
    }
}

/// Why the command ends with that status.
package struct CommandFailure: Error {
    package var message: String
    /// 1 for what went wrong, 71 for what the system does not give, 130 for Ctrl-C.
    var status: Int32 = 1
    /// Whether every process that mpirun has started fails for the same reason.
    var isEveryRanks = false
}
