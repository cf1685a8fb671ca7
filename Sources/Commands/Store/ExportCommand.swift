import ArgumentParser
import Experiments
import Foundation
import NeuralNetworks
import Platform
import Terminal

/// `federated export RUN`: a run of the store as a file that other programs read.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract:
            "Write a run as JSON (its log), its rounds or classes as CSV, or its model as safetensors."
    )

    /// What is written.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case json, csv, classes, safetensors

        /// What such a file has.
        var content: String {
            switch self {
            case .json: "log"
            case .csv, .classes: "table"
            case .safetensors: "model"
            }
        }
    }

    @Argument(help: ArgumentHelp(RunChoice.help, valueName: "run"))
    var name: String?

    @Option(
        help:
            "json, csv (a row for each client and round), classes (CSV: the last test's) or safetensors."
    )
    var format = Format.json

    @Option(
        help: ArgumentHelp(
            "Where to write it. (default: standard output)", valueName: "file"))
    var output: String?

    @OptionGroup var reading: StoreReading

    func run() throws {
        if format == .safetensors, output == nil, isatty(STDOUT_FILENO) == 1 {
            throw ValidationError("a model is no text: say where it goes with --output FILE")
        }
        guard let name else { throw reading.unnamed("export needs a run") }
        let run = try reading.find([name], withModel: format == .json)[0]
        let bytes =
            switch format {
            case .json: run.log.encoded()
            case .csv: Array(run.log.csv.utf8)
            case .classes: try classes(of: run)
            case .safetensors: try run.model(store: reading.store)
            }
        guard let output else { return Console.write(bytes) }
        try OutputFile.write(bytes, to: output)
        // Nothing is to follow what goes where other output goes.
        if !OutputFile.isStream(output) { Console(quiet: false).wrote(format.content, to: output) }
    }

    private func classes(of run: FoundRun) throws -> [UInt8] {
        guard let table = run.log.classesCSV else {
            throw ValidationError(
                "run \(run.name) has no results by class: its data have none, or it was never tested"
            )
        }
        return Array(table.utf8)
    }
}
