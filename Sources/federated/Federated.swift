import ArgumentParser
import Foundation

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
            try CommandWords.requireUTF8()
            try EnvironmentCheck.check()
            var command = try CommandWords.parse(Array(CommandLine.arguments.dropFirst()))
            try command.run()
        } catch let failure as CommandFailure {
            complain(failure.message)
            Foundation.exit(failure.status)
        } catch {
            let code = exitCode(for: error)
            // Help and version come as errors, too.
            if code == .success { Federated.exit(withError: error) }
            complain(
                ParserSentence.improved(
                    message(for: error), arguments: Array(CommandLine.arguments.dropFirst())))
            Foundation.exit(code.rawValue)
        }
    }

    /// Prints one line on standard error.
    static func complain(_ message: String) {
        guard Ranks.launched?.rank ?? 0 == 0 else { return }
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        FileHandle.standardError.write(Data("federated: \(line)\n".utf8))
    }
}

/// Why the command ends with that status.
package struct CommandFailure: Error {
    package var message: String
    /// 1 for what went wrong, 130 for Ctrl-C.
    var status: Int32 = 1
}
