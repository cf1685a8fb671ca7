import ArgumentParser
import Experiments
import Foundation

/// The words of a command line, before the parser sees them.
package enum CommandWords {
    /// The command that the arguments mean.
    /// - Throws: `CommandFailure` for a command that there is not; what the parser throws.
    package static func parse(
        _ arguments: [String], of root: any ParsableCommand.Type
    ) throws -> any ParsableCommand {
        try checkCommand(arguments, CommandTable.names(root))
        return try root.parseAsRoot(joiningNegativeNumbers(arguments, of: root))
    }

    /// Joins an option and the negative number behind it, "--clients -3", which the parser takes for an
    /// option and says that a value is missing.
    package static func joiningNegativeNumbers(
        _ arguments: [String], of root: any ParsableCommand.Type
    ) -> [String] {
        guard arguments.contains(where: isNegativeNumber) else { return arguments }
        let options = CommandTable.options(of: CommandTable.command(of: arguments, in: root))
        var joined: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" { return joined + [argument] + rest }
            if let next = rest.first, isNegativeNumber(next),
                options.contains(where: { $0.name == argument && $0.takesValue })
            {
                joined.append("\(argument)=\(next)")
                rest.removeFirst()
            } else {
                joined.append(argument)
            }
        }
        return joined
    }

    private static func isNegativeNumber(_ word: String) -> Bool {
        word.hasPrefix("-") && !word.hasPrefix("--") && Double(word) != nil
    }

    private static func checkCommand(_ arguments: [String], _ commands: [String]) throws {
        guard let first = arguments.first, !first.hasPrefix("-"), first != "help",
            !commands.contains(first), !commands.isEmpty
        else { return }
        let near = Suggestion.near(first, among: commands, others: otherNames)
        throw CommandFailure(
            message: "there is no command “\(first)”"
                + (near.isEmpty ? ": they" : Suggestion.question(near) + " They")
                + " are \(commands.joined(separator: ", "))",
            status: 64)
    }

    /// What commands are called elsewhere.
    private static let otherNames = [
        "train": "run", "start": "run", "simulate": "run", "server": "serve", "client": "join",
        "node": "flower-node", "list": "runs", "ls": "runs", "download": "data", "fetch": "data",
        "diff": "compare", "test": "evaluate", "eval": "evaluate", "classify": "predict",
        "infer": "predict", "benchmark": "bench", "grid": "sweep",
    ]
}
