import ArgumentParser
import Foundation

/// What the parser itself lists of a program's commands and options.
enum CommandTable {
    /// An option or a flag.
    struct Option: Hashable {
        /// With its dashes: "--batch-size".
        let name: String
        let takesValue: Bool
    }

    /// The names of a program's commands, in the order of the help.
    static func names(_ root: any ParsableCommand.Type) -> [String] {
        root.configuration.subcommands.compactMap { $0.configuration.commandName }
    }

    /// The command that arguments are for, as deep as they say.
    static func command(
        of arguments: [String], in root: any ParsableCommand.Type
    ) -> any ParsableCommand.Type {
        var type = root
        var rest = arguments[...]
        while !type.configuration.subcommands.isEmpty {
            let word = rest.popFirst()
            let next = type.configuration.subcommands.first {
                $0.configuration.commandName == word
            }
            guard let found = next ?? type.configuration.defaultSubcommand else { break }
            type = found
        }
        return type
    }

    /// The options of a command; `sweep` has those of its runs, too.
    static func options(of type: any ParsableCommand.Type) -> [Option] {
        let own = listed(type._dumpHelp())
        return type is SweepCommand.Type ? own + sweepable : own
    }

    /// Options that `sweep` takes lists of.
    static let sweepable = listed(SimulationOptions._dumpHelp())

    // MARK: Reading

    private struct Root: Decodable { let command: Command }

    private struct Command: Decodable {
        let arguments: [Argument]?

        var options: [Option] {
            (arguments ?? []).filter { $0.shouldDisplay && $0.kind != "positional" }.flatMap {
                argument in
                (argument.names ?? []).filter { $0.kind == "long" }.map {
                    Option(name: "--\($0.name)", takesValue: argument.kind == "option")
                }
            }
        }
    }

    private struct Argument: Decodable {
        let kind: String
        let shouldDisplay: Bool
        let names: [Name]?
    }

    private struct Name: Decodable {
        let kind: String
        let name: String
    }

    private static func listed(_ json: String) -> [Option] {
        (try? JSONDecoder().decode(Root.self, from: Data(json.utf8)))?.command.options ?? []
    }
}
