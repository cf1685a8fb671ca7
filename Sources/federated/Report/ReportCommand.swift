import ArgumentParser
import Federation
import FederationServer
import FederationStore
import Foundation

/// `federated report`: a run as one HTML file.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write a run as one HTML file, to open in a browser or to send to someone.")

    @Argument(
        help: ArgumentHelp(
            "The run, as `federated runs` names it, or the path of its log.", valueName: "run"))
    var named: String

    @OptionGroup var reading: StoreReading

    @Option(
        help: ArgumentHelp(
            "The HTML file; - is standard output. (default: RUN.html beside store or log)",
            valueName: "file"))
    var output: String?

    func run() throws {
        let isLog = named.contains("/") || named.hasSuffix(".json")
        let state = isLog ? try stateOfLog() : try stateInStore()
        let page = LivePage.report(of: state)
        if output == "-" { return Console.write(page) }
        let target =
            output.map { URL(fileURLWithPath: $0) }
            ?? (isLog
            ? URL(fileURLWithPath: named).deletingPathExtension()
            : URL(fileURLWithPath: reading.store).deletingLastPathComponent()
                .appending(path: named)).appendingPathExtension("html")
        try Self.write(page, to: target)
        print(target.relativePath)
    }

    private func stateInStore() throws -> JSONValue {
        try reading.read { store throws in
            let log = try store.log(of: named, withModel: false)
            return RunReport.state(of: log, name: named, rounds: try store.rounds(of: named))
        }
    }

    private func stateOfLog() throws -> JSONValue {
        let file = URL(fileURLWithPath: named)
        // Foundation's reasons repeat the path; the system's are shorter.
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(
                message: "\(named) cannot be read: \(String(cString: strerror(errno)))")
        }
        close(descriptor)
        do {
            let name = file.deletingPathExtension().lastPathComponent
            return RunReport.state(of: try RunLog(contentsOf: file), name: name)
        } catch .cannotRead {
            throw CommandFailure(message: "\(named) cannot be read: it is no file")
        } catch {
            throw CommandFailure(message: "\(named) is no log of a run: \(error)")
        }
    }

    /// Writes the file whole or not at all.
    private static func write(_ page: [UInt8], to target: URL) throws {
        do {
            try Data(page).write(to: target, options: .atomic)
        } catch {
            // Foundation's reason does not say that the folder is missing or closed.
            let isClosed = access(target.deletingLastPathComponent().path, W_OK) != 0
            let reason = isClosed ? String(cString: strerror(errno)) : error.localizedDescription
            throw CommandFailure(message: "\(target.relativePath) cannot be written: \(reason)")
        }
    }
}
