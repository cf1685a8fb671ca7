import Foundation
import Platform
import Synchronization

/// Standard output, as a terminal with a last line that changes or as plain lines.
final class Console: Sendable {
    /// Whether anything is printed.
    let isQuiet: Bool
    /// Whether a line may be redrawn: on a terminal, and `NO_COLOR` is not set.
    let isLive: Bool
    private let hasTransientLine = Mutex(false)

    init(quiet: Bool) {
        isQuiet = quiet
        let environment = ProcessInfo.processInfo.environment
        let plain = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        isLive = !quiet && !plain && isatty(STDOUT_FILENO) == 1
    }

    /// Prints a line for good.
    func line(_ text: String = "") {
        guard !isQuiet else { return }
        hasTransientLine.withLock { transient in
            Console.write(Array((transient ? "\r\u{1B}[K" : "").utf8) + Array((text + "\n").utf8))
            transient = false
        }
    }

    /// Prints a line for good, on standard error where nothing else is printed.
    func say(_ text: String) {
        if isQuiet { Console.warn(text) } else { line(text) }
    }

    /// Shows a line until the next one comes; nothing where lines cannot be redrawn.
    func transient(_ text: String) {
        guard isLive else { return }
        hasTransientLine.withLock { transient in
            Console.write(Array("\r\u{1B}[K\(text.prefix(Console.width - 1))".utf8))
            transient = true
        }
    }

    /// Takes the changing line away.
    func clearTransient() {
        hasTransientLine.withLock { transient in
            if transient { Console.write(Array("\r\u{1B}[K".utf8)) }
            transient = false
        }
    }

    /// Bold on a terminal.
    func bold(_ text: String) -> String { isLive ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    /// Grey on a terminal.
    func dim(_ text: String) -> String { isLive ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

    /// Columns of the terminal.
    private static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private static let output = StandardOutput(STDOUT_FILENO)

    /// Writes bytes to standard output at once; an output that has been closed is no error.
    static func write(_ bytes: [UInt8]) { output.write(bytes) }

    /// Why not all of standard output could be written; nil if it was.
    static var failure: String? { output.failure }

    /// Prints a line on standard error.
    static func warn(_ line: String) {
        // Where this cannot be written either, there is nobody to tell.
        _ = writeAll(Array((line + "\n").utf8), to: STDERR_FILENO)
    }
}
