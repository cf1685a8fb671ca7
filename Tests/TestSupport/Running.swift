import Foundation

/// A `federated serve` or `join` that goes on as a process while a test talks to it.
package final class Running: @unchecked Sendable {
    private let process = Process()
    private let folder: URL
    private var outputFile: URL { folder.appending(path: "output") }
    private var errorsFile: URL { folder.appending(path: "errors") }
    /// Lines that `nextLine` has given out.
    private var linesRead = 0

    package init(_ arguments: [String]) throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "federated-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0])
        process.executableURL = bundle.deletingLastPathComponent().appending(path: "federated")
        process.arguments = arguments
        // Files, not pipes: a process that says much is not held up by a test that does not read.
        try Data().write(to: outputFile)
        try Data().write(to: errorsFile)
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: errorsFile)
        try process.run()
    }

    deinit {
        if process.isRunning { process.terminate() }
        try? FileManager.default.removeItem(at: folder)
    }

    package var output: String { (try? String(contentsOf: outputFile, encoding: .utf8)) ?? "" }
    package var errors: String { (try? String(contentsOf: errorsFile, encoding: .utf8)) ?? "" }

    /// Waits, at most two minutes or until the process has ended, for something to be there.
    private func until<Value>(_ find: () -> Value?) -> Value? {
        for _ in 0..<12_000 {
            let hasEnded = !process.isRunning
            if let value = find() { return value }
            if hasEnded { return nil }
            usleep(10_000)
        }
        return nil
    }

    /// Waits until the output has a text; false if it does not come.
    package func says(_ text: String) -> Bool {
        until { output.contains(text) ? true : nil } ?? false
    }

    /// The next line of standard output; nil at its end.
    package func nextLine() -> String? {
        let line = until {
            let lines = output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            return lines.count > linesRead ? String(lines[linesRead]) : nil
        }
        linesRead += 1
        return line
    }

    /// The address of a server's page, once it is there.
    package func address() throws -> String {
        let found = until { () -> String? in
            let text = output
            guard let start = text.range(of: "http://") else { return nil }
            let rest = text[start.lowerBound...]
            return rest.firstIndex(where: \.isWhitespace).map { String(rest[..<$0]) }
        }
        guard let found else { throw Silent(errors: errors) }
        return found
    }

    /// A server that did not begin to listen, and what it said.
    package struct Silent: Error { var errors: String }

    /// Ctrl-C.
    package func interrupt() { process.interrupt() }

    /// Ends the process as the system's shutdown would.
    package func terminate() { process.terminate() }

    /// Ends it at once, with nothing finished.
    package func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Waits for its end; one that does not end within three minutes is killed, as its status tells.
    @discardableResult
    package func wait() -> Command {
        for _ in 0..<18_000 where process.isRunning { usleep(10_000) }
        if process.isRunning { kill() }
        process.waitUntilExit()
        return Command(status: process.terminationStatus, output: output, errors: errors)
    }
}
