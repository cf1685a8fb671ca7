import ArgumentParser
import Federation
import FederationServer
import FederationStore
import Foundation
import Platform

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
        try OutputFile.write(page, to: target.relativePath)
        // Nothing is to follow a page that goes where other output goes.
        guard !OutputFile.isStream(target.relativePath) else { return }
        Console.write(Array("\(target.relativePath)\n".utf8))
    }

    private func stateInStore() throws -> JSONValue {
        try reading.read { store throws in
            let log = try store.log(of: named, withModel: false)
            return RunReport.state(of: log, name: named, rounds: try store.rounds(of: named))
        }
    }

    private func stateOfLog() throws -> JSONValue {
        let file = URL(fileURLWithPath: named)
        do {
            let name = file.deletingPathExtension().lastPathComponent
            return RunReport.state(of: try RunLog(contentsOf: file), name: name)
        } catch .cannotRead(_, let reason) {
            throw CommandFailure(message: "\(named) cannot be read: \(reason)")
        } catch {
            throw CommandFailure(message: "\(named) is no log of a run: \(error)")
        }
    }
}
