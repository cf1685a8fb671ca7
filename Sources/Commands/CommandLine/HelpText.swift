import Foundation
import Platform
import Terminal

/// A help as the parser has it, with its usage broken between options, which the parser leaves in one
/// line.
enum HelpText {
    static func wrapped(_ text: String) -> String {
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
}
