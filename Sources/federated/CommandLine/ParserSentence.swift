import ArgumentParser
import Foundation

/// What the parser says of a command line, with what it leaves out: which option may be meant, and what a
/// value should be.
package enum ParserSentence {
    /// The sentence for an error of a command's arguments.
    package static func improved(_ message: String, arguments: [String]) -> String {
        let command = arguments.first { !$0.hasPrefix("-") }
        let type = Federated.configuration.subcommands.first {
            $0.configuration.commandName == command
        }
        return improved(
            message, options: CommandTable.federated.options(of: command).map(\.name),
            parse: { arguments in _ = try (type ?? Federated.self).parse(arguments) },
            describe: { (type ?? Federated.self).message(for: $0) })
    }

    /// The sentence for an error of a sweep's settings.
    static func ofSweep(_ message: String) -> String {
        improved(
            message, options: CommandTable.sweepable.map(\.name),
            parse: { _ = try SimulationOptions.parse($0) },
            describe: { SimulationOptions.message(for: $0) })
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

/// What kind of value an option takes, found out by asking its parser.
struct ValueKind: Equatable {
    let isWhole: Bool
    let isSigned: Bool
    let allowsAll: Bool

    /// nil for what takes no numbers.
    init?(accepts: (String) -> Bool) {
        guard accepts("1") else { return nil }
        isWhole = !accepts("0.5")
        isSigned = accepts("-1")
        allowsAll = accepts("all")
    }

    /// "a whole number, like 1000".
    func words(insteadOf found: String) -> String {
        var words = isWhole ? "a whole number" : "a number"
        if isWhole, !isSigned { words += " of at least 0" }
        if allowsAll { words += " or all" }
        guard isWhole else { return words }
        if let sign = found.first, found.drop(while: { $0 == "-" }).allSatisfy(\.isNumber),
            sign != "-"
        {
            return words + " up to \(isSigned ? "\(Int.max)" : "\(UInt64.max)")"
        }
        // 1e3, 10.0 and 1,000 are whole, too, as people write them.
        let digits = found.filter { $0 != "," && $0 != "_" }
        if let value = Double(digits).flatMap({ Int(exactly: $0) }), value > 0 {
            words += ", like \(value)"
        }
        return words
    }
}
