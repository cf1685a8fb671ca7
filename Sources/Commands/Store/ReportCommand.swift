import ArgumentParser
import Experiments
import Federation
import Foundation
import Platform
import RunPage
import Terminal

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
        let run = try reading.find([named])[0]
        var log = run.log
        log.outcome = run.stored?.outcome ?? log.outcome
        var state = RunReport.state(of: log, name: run.name)
        if let labels = run.stored?.labels {
            state.run.name = labels.name
            state.run.tags = labels.tags.isEmpty ? nil : labels.tags
            state.run.note = labels.note.isEmpty ? nil : labels.note
        }
        state.run.repeatCommand = run.repeatCommand
        let page = LivePage.report(of: state.json)
        if output == "-" { return Console.write(page) }
        let target =
            output.map { URL(fileURLWithPath: $0) }
            ?? (run.stored == nil
            ? URL(fileURLWithPath: named).deletingPathExtension()
            : URL(fileURLWithPath: reading.store).deletingLastPathComponent()
                .appending(path: run.name)).appendingPathExtension("html")
        try OutputFile.write(page, to: target.relativePath)
        // Nothing is to follow a page that goes where other output goes.
        guard !OutputFile.isStream(target.relativePath) else { return }
        Console.write(Array("\(target.relativePath)\n".utf8))
    }
}
