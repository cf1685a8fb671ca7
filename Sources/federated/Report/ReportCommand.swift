import ArgumentParser
import Federation
import FederationServer
import Foundation

/// `federated report`: a run as one HTML file.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write a run as one HTML file, to open in a browser or to send to someone.",
        discussion: """
            RUN is the path of a run's log, or its name in the folder of logs, such as \
            20260131_235959.
            """)

    @Argument(help: ArgumentHelp("The run: a log's path or name.", valueName: "run"))
    var named: String

    @Option(help: ArgumentHelp("Folder of the logs.", valueName: "folder"))
    var logDir = "Logs"

    @Option(
        help: ArgumentHelp(
            "The HTML file (default: beside the log); - is standard output.", valueName: "file"))
    var output: String?

    func run() throws {
        let file = try logFile()
        let log = try Self.read(file)
        let name = file.deletingPathExtension().lastPathComponent
        let page = LivePage.report(of: RunReport.state(of: log, name: name))
        if output == "-" {
            Console.write(page)
            return
        }
        let target =
            output.map { URL(fileURLWithPath: $0) }
            ?? file.deletingPathExtension().appendingPathExtension("html")
        try Self.write(page, to: target)
        print(target.relativePath)
    }

    /// The log that the argument means: a file that is there, else one of that name in the folder.
    private func logFile() throws -> URL {
        let inFolder = "\(logDir)/\(named).json"
        let candidates =
            named.contains("/") || named.hasSuffix(".json") ? [named] : [named, inFolder]
        for path in candidates {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                continue
            }
            if !isFolder.boolValue { return URL(fileURLWithPath: path) }
            throw CommandFailure(message: "\(path) is a folder: expected the log of a run")
        }
        throw CommandFailure(
            message: candidates.count == 1
                ? "there is no log \(named)"
                : "there is no run “\(named)”: neither a log of that path nor \(inFolder) is there")
    }

    private static func read(_ file: URL) throws -> RunLog {
        do {
            return try RunLog(contentsOf: file)
        } catch .cannotRead {
            // Foundation's reason repeats the path; the system's is shorter.
            let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
            let reason = descriptor < 0 ? String(cString: strerror(errno)) : "reading failed"
            if descriptor >= 0 { close(descriptor) }
            throw CommandFailure(message: "\(file.relativePath) cannot be read: \(reason)")
        } catch {
            throw CommandFailure(message: "\(file.relativePath) is no log of a run: \(error)")
        }
    }

    /// Writes the file whole or not at all.
    private static func write(_ page: [UInt8], to target: URL) throws {
        do {
            try Data(page).write(to: target, options: .atomic)
        } catch {
            let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
            let reason = underlying.map { String(cString: strerror(Int32($0.code))) }
            throw CommandFailure(
                message: "\(target.relativePath) cannot be written: "
                    + (reason ?? error.localizedDescription))
        }
    }
}
