import ArgumentParser
import Experiments
import Foundation

/// What the parser says of a command line, with what it leaves out: which option may be meant, and what a
/// value should be.
package enum ParserSentence {
    /// The sentence for an error of a command's arguments.
    package static func improved(
        _ message: String, arguments: [String], root: any ParsableCommand.Type
    ) -> String {
        let type = CommandTable.command(of: arguments, in: root)
        return improved(
            message, options: CommandTable.options(of: type).map(\.name),
            parse: { arguments in _ = try type.parse(arguments) },
            describe: { type.message(for: $0) })
    }

    /// The sentence for an error of what the runs of a sweep share.
    static func ofShared(_ message: String) -> String {
        improved(
            message, options: CommandTable.sweepable.map(\.name),
            parse: { _ = try CommonOptions.parse($0) },
            describe: { CommonOptions.message(for: $0) })
    }

    private static func improved(
        _ message: String, options: [String],
        parse: ([String]) throws -> Void, describe: (any Error) -> String
    ) -> String {
        if let name = quoted(message, after: "Unknown option '") {
            return unknownOption(name, options: options)
        }
        let list = message.replacing(":\n  - ", with: ": ").replacing("\n  - ", with: ", ")
        guard let value = quoted(list, after: "The value '"),
            let option = quoted(list, after: "' is invalid for '")?.prefix(while: { $0 != " " }),
            list.hasSuffix("'")
        else { return list }
        let kind = ValueKind { probe in
            do {
                try parse(["\(option)=\(probe)"])
                return true
            } catch {
                return !describe(error).hasPrefix("The value '\(probe)' is invalid for '\(option)")
            }
        }
        return kind.map { "\(list): expected \($0.words(insteadOf: value))" } ?? list
    }

    /// "Unknown option '--lr'. Did you mean '--learning-rate'?"
    static func unknownOption(_ name: String, options: [String]) -> String {
        let near = Suggestion.near(name, among: options, others: otherNames)
        return "Unknown option '\(name)'" + Suggestion.question(near)
    }

    /// What options are called elsewhere.
    private static let otherNames = [
        "eta": "--learning-rate", "algorithm": "--strategy", "aggregator": "--strategy",
        "workers": "--threads", "numworkers": "--threads", "cpus": "--threads",
        "cores": "--threads", "clientfraction": "--cohort", "fractionfit": "--cohort",
        "clientsperround": "--cohort", "minfitclients": "--minimum-clients",
        "output": "--log-dir", "out": "--log-dir", "iid": "--partition",
    ]

    /// What stands between a text and the next quotation mark.
    private static func quoted(_ message: String, after text: String) -> String? {
        guard let start = message.range(of: text) else { return nil }
        let rest = message[start.upperBound...]
        return rest.firstIndex(of: "'").map { String(rest[..<$0]) }
    }
}
