import Foundation

/// The arguments of this process as texts.
package enum CommandLineText {
    /// Refuses arguments that are not UTF-8, which no path of this program can be.
    /// - Parameter commandLine: as Linux has it, each argument with a zero behind it.
    package static func requireUTF8(
        _ commandLine: @autoclosure () -> [UInt8] = commandLineBytes,
        arguments: [String] = CommandLine.arguments
    ) throws(ArgumentError) {
        // The system's library has put this character where a byte was none of UTF-8.
        guard arguments.contains(where: { $0.unicodeScalars.contains("\u{FFFD}") }) else { return }
        let words = commandLine().split(separator: 0, omittingEmptySubsequences: false)
        for (place, word) in words.enumerated()
        where String(validating: word, as: UTF8.self) == nil {
            throw ArgumentError(place: place, word: escaped(word))
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

/// An argument that is no text.
package struct ArgumentError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Its position, from 1.
    package let place: Int
    /// Itself, with what is none of UTF-8's bytes as \xE9.
    package let word: String

    package var description: String {
        "argument \(place), “\(word)”, is not UTF-8: give it as UTF-8, or a path of other letters (a "
            + "symbolic link will do)"
    }
}
