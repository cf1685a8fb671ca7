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

    @Argument(help: ArgumentHelp(RunChoice.help, valueName: "run"))
    var named: String?

    @OptionGroup var reading: StoreReading

    @Option(
        help: ArgumentHelp(
            "The HTML file; - is standard output. (default: RUN.html beside store or log)",
            valueName: "file"))
    var output: String?

    func run() throws {
        guard let named else { throw reading.unnamed("report needs a run") }
        let run = try reading.find([RunChoice(named)])[0]
        var log = run.log
        log.outcome = run.stored?.outcome ?? log.outcome
        let page = LivePage.report(of: RunReport.state(of: log, name: run.name))
        if output == "-" { return Console.write(page) }
        let target =
            output.map { URL(fileURLWithPath: $0) }
            ?? (run.stored == nil
            ? URL(fileURLWithPath: named).deletingPathExtension()
            : URL(fileURLWithPath: reading.store).deletingLastPathComponent()
                .appending(path: run.name)).appendingPathExtension("html")
        try Self.write(page, to: target)
        print(target.relativePath)
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
