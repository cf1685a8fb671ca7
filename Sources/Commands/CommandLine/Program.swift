import ArgumentParser
import Experiments
import Foundation
import Parameters
import Platform
import Terminal

/// A program of this package: its commands, and what it can do of networks.
package struct Program: Sendable {
    /// The command that has all others.
    package let root: any ParsableCommand.Type
    /// What runs, measures and serves over a network; nil in a program that has another do it.
    package let network: (any NetworkPart)?

    package init(_ root: any ParsableCommand.Type, network: (any NetworkPart)? = nil) {
        self.root = root
        self.network = network
    }

    /// Parses and runs the command line, and ends the process; every error is one line on standard error,
    /// one that all ranks share the first rank's to print.
    package func main() -> Never {
        StandardStreams.prepare()
        var status = perform(Array(CommandLine.arguments.dropFirst()))
        if let reason = Console.failure {
            complain("standard output cannot be written: \(reason)")
            if status == 0 { status = 1 }
        }
        Foundation.exit(status)
    }

    /// - Returns: the command's status.
    private func perform(_ arguments: [String]) -> Int32 {
        let isShared = Ranks.share(arguments)
        do {
            try CommandLineText.requireUTF8()
            if network == nil, HandOver.isMeant(by: arguments) {
                let words = arguments.prefix(arguments.first == "help" ? 2 : 1)
                try HandOver.perform(for: words.joined(separator: " "))
            }
            try EnvironmentCheck.check()
            var command = try CommandWords.parse(arguments, of: root)
            let own = command as? any ProgramCommand
            try (own?.needs ?? .few).require()
            if let own { try own.run(in: self) } else { try command.run() }
            return 0
        } catch {
            if let failure = CommandFailure(error) {
                complain(failure.message, isShared: isShared || failure.isEveryRanks)
                return failure.status
            }
            let code = root.exitCode(for: error)
            // Help and version come as errors, too.
            if code == .success {
                Console.write(Array(HelpText.wrapped(root.fullMessage(for: error)).utf8))
                return 0
            }
            let sentence = ParserSentence.improved(
                root.message(for: error), arguments: arguments, root: root)
            complain(systemWords(for: error) ?? sentence, isShared: isShared)
            return code.rawValue
        }
    }

    /// What there is of networks, here or in the program beside this one, which then takes over.
    /// - Parameter what: what needs it, as it is typed.
    /// - Throws: `CommandFailure` where there is none.
    package func networkPart(for what: String) throws(CommandFailure) -> any NetworkPart {
        if let network { return network }
        try HandOver.perform(for: what)
    }

    /// Prints one line on standard error; nothing where all has been said.
    /// - Parameter isShared: whether all ranks say the same, of which the first is enough.
    private func complain(_ message: String, isShared: Bool = false) {
        if message.isEmpty { return }
        if isShared, let launched = Ranks.launched, launched.size > 1, launched.rank > 0 { return }
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ").printable
        let lines = Text.wrapped(
            "federated: \(line)", to: Console.width(of: STDERR_FILENO), hanging: 4)
        Console.warn(lines.joined(separator: "\n"))
    }
}

/// A command that depends on the program it is part of.
package protocol ProgramCommand: ParsableCommand {
    /// What it needs of the system, before anything is loaded.
    var needs: ProcessNeeds { get }
    /// Does what was asked for.
    func run(in program: Program) throws
}

/// What a program with a network can do beside the commands that are of networks altogether.
package protocol NetworkPart: Sendable {
    /// Makes the federation of `run --transport http` or `json`.
    var loopback: LoopbackMaker { get }
    /// Shows what this process does as a page.
    func page(of runs: LiveRuns, at place: PagePlace) throws -> any ShownPage
    /// Refuses a place where no run can be tracked.
    func checkTracking(to place: String) throws
    /// Tracks a run below a place, in a folder of its own.
    /// - Parameter onFailure: told once why that can't go on.
    func track(
        _ run: ExperimentRun, name: String, in place: String,
        onFailure: @escaping @Sendable (any Error) -> Void
    ) throws -> any RunTracker
    /// Writes what is not there of a run, below a place, in a folder of its own.
    func writeEvents(
        of run: FoundRun, to place: String
    ) throws -> (folder: String, rounds: Int)
    /// Measures a round of clients that do nothing.
    func measureFederation(
        _ layout: ParameterLayout, clients: Int, rounds: Int
    ) throws -> FederationFigures
    /// Serves a run that does nothing, until Ctrl-C.
    func serveLoad(_ layout: ParameterLayout, clients: Int, cohort: Int) throws
}

/// Why the command ends with that status.
package struct CommandFailure: Error, CustomStringConvertible {
    package var message: String
    /// 1 for what went wrong, 69 for a part of the program that is not there, 71 for what the system does
    /// not give, 130 for Ctrl-C.
    package var status: Int32
    /// Whether every process that mpirun has started fails for the same reason.
    package var isEveryRanks: Bool

    package init(message: String, status: Int32 = 1, isEveryRanks: Bool = false) {
        self.message = message
        self.status = status
        self.isEveryRanks = isEveryRanks
    }

    /// Something went wrong, and standard error has it.
    package static let alreadySaid = CommandFailure(message: "")

    /// The failure that an error is which comes with a status of its own; nil for any other.
    init?(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case is ArgumentError, is EnvironmentError: self.init(message: "\(error)", status: 64)
        case is ResourceShortage: self.init(message: "\(error)", status: EX_OSERR)
        default: return nil
        }
    }

    package var description: String { message }
}

extension ProgramCommand {
    package var needs: ProcessNeeds { .few }
}
