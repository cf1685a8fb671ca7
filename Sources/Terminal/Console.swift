import Foundation
import Platform
import Synchronization

/// Standard output, as a terminal with a last line that changes or as plain lines.
package final class Console: Sendable {
    /// Whether anything is printed.
    package let isQuiet: Bool
    /// Whether a line may be redrawn: on a terminal, and `NO_COLOR` is not set.
    package let isLive: Bool
    /// Columns that a line has; nil where it may be of any length: in a file or a pipe.
    package let width: Int?
    private let hasTransientLine = Mutex(false)

    /// - Parameter width: columns of a line in place of the terminal's.
    package init(quiet: Bool, width: Int? = nil) {
        isQuiet = quiet
        self.width = width ?? Console.width(of: STDOUT_FILENO)
        let environment = ProcessInfo.processInfo.environment
        let plain = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        isLive = !quiet && !plain && isatty(STDOUT_FILENO) == 1
    }

    /// Prints a line for good, broken between words where the terminal is too narrow for it.
    /// - Parameter hanging: where what follows its first line begins; by default 2 columns in.
    package func line(_ text: String = "", hanging: Int? = nil) {
        guard !isQuiet else { return }
        let hanging = hanging ?? text.prefix { $0 == " " }.count + 2
        let text = PrintedText.line(text, styled: isLive)
        let lines = Text.wrapped(text, to: width, hanging: hanging)
        hasTransientLine.withLock { transient in
            Console.write(
                Array((transient ? "\r\u{1B}[K" : "").utf8)
                    + lines.flatMap { Array(($0 + "\n").utf8) })
            transient = false
        }
    }

    /// Prints a name and what it is, a line that goes on below its second half.
    package func row(_ name: String, _ value: String) {
        line(
            "  \(dim(Console.padded(name)))\(value)",
            hanging: 2 + Console.nameColumns)
    }

    /// Columns of names in rows.
    private static let nameColumns = 11

    private static func padded(_ name: String) -> String {
        Text.padRight(name, max(nameColumns, name.count + 1))
    }

    /// Says what has been written where: on standard error where nothing is printed but data.
    package func wrote(_ what: String, to path: String) {
        guard isQuiet else { return row(what, path) }
        Console.warn("  \(Console.padded(what))\(path)")
    }

    /// Prints a line for good, on standard error where nothing else is printed.
    package func say(_ text: String) {
        if isQuiet { Console.warn(text) } else { line(text) }
    }

    /// Shows a line until the next one comes; nothing where lines cannot be redrawn.
    package func transient(_ text: String) {
        guard isLive else { return }
        let text = PrintedText.line(text, styled: true)
        hasTransientLine.withLock { transient in
            Console.write(Array("\r\u{1B}[K\(text.prefix(transientWidth))".utf8))
            transient = true
        }
    }

    /// Takes the changing line away.
    package func clearTransient() {
        hasTransientLine.withLock { transient in
            if transient { Console.write(Array("\r\u{1B}[K".utf8)) }
            transient = false
        }
    }

    /// Bold on a terminal.
    package func bold(_ text: String) -> String { isLive ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    /// Grey on a terminal.
    package func dim(_ text: String) -> String { isLive ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

    /// Columns that a line which is redrawn may have: one that fills the last would begin another.
    package var transientWidth: Int { (Console.width(of: STDOUT_FILENO) ?? 80) - 1 }

    /// Columns of the terminal that a descriptor is; nil where it is none. A terminal that does not
    /// say has as many as COLUMNS says, or 80.
    package static func width(of descriptor: Int32) -> Int? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            return Int(size.ws_col)
        }
        let columns = ProcessInfo.processInfo.environment["COLUMNS"].flatMap(Int.init)
        return columns.flatMap { $0 > 0 ? $0 : nil } ?? 80
    }

    private static let output = StandardOutput(STDOUT_FILENO)

    /// Writes bytes to standard output at once; an output that has been closed is no error.
    package static func write(_ bytes: [UInt8]) { output.write(bytes) }

    /// Why not all of standard output could be written; nil if it was.
    package static var failure: String? { output.failure }

    /// Prints a line on standard error.
    package static func warn(_ line: String) {
        // Where this cannot be written either, there is nobody to tell.
        _ = writeAll(Array((line + "\n").utf8), to: STDERR_FILENO)
    }
}
