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
            var command = try parseAsRoot()
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
                Console.write(Array((fullMessage(for: error) + "\n").utf8))
                return 0
            }
            complain(systemWords(for: error) ?? message(for: error), isShared: isShared)
            return code.rawValue
        }
    }

    /// Prints one line on standard error.
    /// - Parameter isShared: whether all ranks say the same, of which the first is enough.
    static func complain(_ message: String, isShared: Bool = false) {
        if isShared, let launched = Ranks.launched, launched.size > 1, launched.rank > 0 { return }
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        Console.warn("federated: \(line)")
    }
}

/// Why the command ends with that status.
package struct CommandFailure: Error {
    package var message: String
    /// 1 for what went wrong, 130 for Ctrl-C.
    var status: Int32 = 1
    /// Whether every process that mpirun has started fails for the same reason.
    var isEveryRanks = false
}
