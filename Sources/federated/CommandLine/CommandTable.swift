import ArgumentParser
import Foundation

/// The commands and their options, as the parser itself lists them.
struct CommandTable {
    /// An option or a flag.
    struct Option: Hashable {
        /// With its dashes: "--batch-size".
        let name: String
        let takesValue: Bool
    }

    /// The commands' names, in the order of the help.
    let commands: [String]
    private let options: [String: [Option]]

    /// The table of this program.
    static let federated = CommandTable(json: Federated._dumpHelp())

    /// Options that `sweep` takes lists of.
    static let sweepable = listed(SimulationOptions._dumpHelp())

    private init(json: String) {
        let root = Self.read(json)
        let all = (root?.subcommands ?? []).filter { $0.commandName != "help" }
        commands = all.map(\.commandName)
        options = Dictionary(
            all.map { ($0.commandName, $0.options) }, uniquingKeysWith: { first, _ in first })
    }

    /// The options of a command; `sweep` has those of its runs, too.
    func options(of command: String?) -> [Option] {
        guard let command, let own = options[command] else { return [] }
        return command == "sweep" ? own + Self.sweepable : own
    }

    /// Whether an argument is an option that a value follows, in any command.
    func takesValue(_ argument: String) -> Bool {
        (options.values.joined() + Self.sweepable).contains {
            $0.name == argument && $0.takesValue
        }
    }

    // MARK: Reading

    private struct Root: Decodable { let command: Command }

    private struct Command: Decodable {
        let commandName: String
        let subcommands: [Command]?
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

    private static func read(_ json: String) -> Command? {
        (try? JSONDecoder().decode(Root.self, from: Data(json.utf8)))?.command
    }

    private static func listed(_ json: String) -> [Option] { read(json)?.options ?? [] }
}
