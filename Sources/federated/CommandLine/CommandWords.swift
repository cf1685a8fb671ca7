import ArgumentParser
import Foundation

/// The words of a command line, before the parser sees them.
package enum CommandWords {
    /// The command that the arguments mean.
    /// - Throws: `CommandFailure` for a command that there is not; what the parser throws.
    package static func parse(_ arguments: [String]) throws -> any ParsableCommand {
        try checkCommand(arguments)
        return try Federated.parseAsRoot(joiningNegativeNumbers(arguments))
    }

    /// Joins an option and the negative number behind it, "--clients -3", which the parser takes for an
    /// option and says that a value is missing.
    package static func joiningNegativeNumbers(_ arguments: [String]) -> [String] {
        guard arguments.contains(where: isNegativeNumber) else { return arguments }
        var joined: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" { return joined + [argument] + rest }
            if let next = rest.first, isNegativeNumber(next),
                CommandTable.federated.takesValue(argument)
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

    private static func checkCommand(_ arguments: [String]) throws {
        let commands = CommandTable.federated.commands
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
        "diff": "compare", "benchmark": "bench", "grid": "sweep",
    ]

    // MARK: Bytes

    /// Refuses arguments that are not UTF-8, which no path of this program can be.
    /// - Parameter commandLine: as Linux has it, each argument with a zero behind it.
    package static func requireUTF8(
        _ commandLine: @autoclosure () -> [UInt8] = commandLineBytes,
        arguments: [String] = CommandLine.arguments
    ) throws(CommandFailure) {
        // The system's library has put this character where a byte was none of UTF-8.
        guard arguments.contains(where: { $0.unicodeScalars.contains("\u{FFFD}") }) else { return }
        let words = commandLine().split(separator: 0, omittingEmptySubsequences: false)
        for (place, word) in words.enumerated()
        where String(validating: word, as: UTF8.self) == nil {
            throw CommandFailure(
                message:
                    "argument \(place), “\(escaped(word))”, is not UTF-8: give it as UTF-8, or "
                    + "a path of other letters (a symbolic link will do)", status: 64)
        }
    }

    private static var commandLineBytes: [UInt8] {
        (try? FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/cmdline")).readToEnd())
            .map { [UInt8]($0) } ?? []
    }

    /// Text with what is none of UTF-8's bytes as \xE9.
    private static func escaped(_ bytes: some Sequence<UInt8>) -> String {
        bytes.reduce(into: "") { text, byte in
            if byte >= 0x20, byte < 0x7F {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += "\\x" + (digits.count == 1 ? "0" : "") + digits
            }
        }
    }
}
