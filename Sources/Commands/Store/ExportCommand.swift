import ArgumentParser
import Experiments
import Foundation
import NeuralNetworks
import Platform
import Terminal

/// `federated export RUN`: a run of the store as a file that other programs read.
struct ExportCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract:
            """
            Write a run as JSON (its log), its rounds as CSV, as lines of JSON or for TensorBoard, its classes, \
            or its model.
            """
    )

    /// What is written.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case json, csv, jsonl, classes, safetensors, tensorboard

        /// What such a file has.
        var content: String {
            switch self {
            case .json: "log"
            case .csv, .jsonl, .classes: "table"
            case .safetensors: "model"
            case .tensorboard: "rounds"
            }
        }

        /// What writes it; nil where this program does.
        func network(in program: Program) throws -> (any NetworkPart)? {
            guard self == .tensorboard else { return nil }
            return try program.networkPart(for: "export --format tensorboard")
        }
    }

    @Argument(help: ArgumentHelp(RunChoice.help, valueName: "run"))
    var name: String?

    @Option(
        help:
            """
            json (the log), csv or jsonl (a row for each client and round, with every setting), classes \
            (CSV: the last test's), safetensors (the model) or tensorboard (a folder of event files).
            """
    )
    var format = Format.json

    @Option(
        help: ArgumentHelp(
            "Where to write it. (default: standard output; of tensorboard the folder tensorboard beside store or log)",
            valueName: "file"))
    var output: String?

    @OptionGroup var reading: StoreReading

    func run(in program: Program) throws {
        if format == .safetensors, output == nil, isatty(STDOUT_FILENO) == 1 {
            throw ValidationError("a model is no text: say where it goes with --output FILE")
        }
        let network = try format.network(in: program)
        guard let name else { throw reading.unnamed("export needs a run") }
        if let network { return try writeEvents(of: name, by: network) }
        let run = try reading.find([name], withModel: format == .json)[0]
        let bytes =
            switch format {
            case .json: run.log.encoded()
            case .csv: Array(RoundsTable(run.log, run: run.name).csv.utf8)
            case .jsonl: Array(RoundsTable(run.log, run: run.name).jsonLines.utf8)
            case .classes: try classes(of: run)
            case .safetensors: try run.model(store: reading.store)
            case .tensorboard: preconditionFailure("event files are no one file")
            }
        guard let output else { return Console.write(bytes) }
        try OutputFile.write(bytes, to: output)
        // Nothing is to follow what goes where other output goes.
        if !OutputFile.isStream(output) { Console(quiet: false).wrote(format.content, to: output) }
    }

    private func writeEvents(of name: String, by network: any NetworkPart) throws {
        let run = try reading.find([name])[0]
        let neighbour = run.stored == nil ? run.logFile ?? name : reading.store
        let place = output ?? TrackerChoice.usualFolder(beside: Folder.parent(of: neighbour))
        let (folder, rounds) = try network.writeEvents(of: run, to: place)
        Console(quiet: false).row("events", "\(Text.plural(rounds, "round")) in \(folder)")
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
