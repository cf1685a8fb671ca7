import ArgumentParser
import Federation
import FederationStore
import Foundation
import NeuralNetworks
import Platform

/// `federated export RUN`: a run of the store as a file that other programs read.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a run as JSON (its log), CSV, or its model as safetensors.")

    /// What is written.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case json, csv, safetensors

        /// What such a file has.
        var content: String {
            switch self {
            case .json: "log"
            case .csv: "table"
            case .safetensors: "model"
            }
        }
    }

    @Argument(help: ArgumentHelp(RunChoice.help, valueName: "run"))
    var name: String?

    @Option(help: "json, csv or safetensors.")
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
        let run = try reading.find([RunChoice(name)], withModel: format == .json)[0]
        let bytes =
            switch format {
            case .json: run.log.encoded()
            case .csv: Array(Self.csv(run.log).utf8)
            case .safetensors: try model(run)
            }
        guard let output else { return Console.write(bytes) }
        try OutputFile.write(bytes, to: output)
        // Nothing is to follow what goes where other output goes.
        if !OutputFile.isStream(output) { Console(quiet: false).wrote(format.content, to: output) }
    }

    private func model(_ run: FoundRun) throws -> [UInt8] {
        guard let stored = run.stored else { return try modelBeside(run) }
        let model = try reading.read { store throws in try store.model(of: run.name) }
        guard let model else {
            throw CommandFailure(
                message: "run \(run.name) has no model: no round of it is committed")
        }
        return [UInt8](
            SafeTensors.encode(
                model.parameters, layout: stored.layout,
                metadata: ["format": "pt", "model": stored.header.model.words]))
    }

    /// The model file that is written beside each log, whose tensors have names.
    private func modelBeside(_ run: FoundRun) throws -> [UInt8] {
        let log = URL(fileURLWithPath: run.logFile ?? run.name)
        let file: URL
        if case .file(let name) = run.log.finalWeight {
            file = log.deletingLastPathComponent().appending(path: name)
        } else {
            file = log.deletingPathExtension().appendingPathExtension("safetensors")
        }
        guard let bytes = try? Data(contentsOf: file) else {
            throw CommandFailure(
                message: "\(run.logFile ?? run.name) has its model in \(file.relativePath), which "
                    + "cannot be read")
        }
        return [UInt8](bytes)
    }

    /// One row for each client of each round, and one for the server.
    private static func csv(_ log: RunLog) -> String {
        var rows = ["round,client,samples,accuracy,loss,seconds,failure"]
        let drops = Dictionary(grouping: log.drops ?? [], by: \.round)
        for index in log.serverAccuracies.indices {
            let failures = Dictionary(grouping: drops[index + 1] ?? [], by: \.client)
                .mapValues { $0[$0.count - 1].reason }
            var total = 0
            for client in log.clientAccuracies.keys.sorted() {
                let samples = log.clientSamples[client].flatMap { element($0, index) } ?? 0
                // A client that had no part in a round has no row of it.
                guard samples > 0 || failures[client] != nil else { continue }
                total += samples
                rows.append(
                    row([
                        "\(index + 1)", "\(client)", samples > 0 ? "\(samples)" : nil,
                        number(log.clientAccuracies[client], index),
                        number(log.clientLosses[client], index), nil, failures[client],
                    ]))
            }
            for (client, reason) in failures.sorted(by: { $0.key < $1.key })
            where log.clientAccuracies[client] == nil {
                rows.append(row(["\(index + 1)", "\(client)", nil, nil, nil, nil, reason]))
            }
            rows.append(
                row([
                    "\(index + 1)", "server", "\(total)", number(log.serverAccuracies, index),
                    number(log.serverLosses, index), number(log.timings.roundSeconds, index), nil,
                ]))
        }
        return rows.joined(separator: "\n") + "\n"
    }

    private static func element<Value>(_ values: [Value], _ index: Int) -> Value? {
        index < values.count ? values[index] : nil
    }

    private static func number(_ values: [Double?]?, _ index: Int) -> String? {
        values.flatMap { element($0, index) ?? nil }.map { "\($0)" }
    }

    private static func row(_ cells: [String?]) -> String {
        cells.map { cell in
            guard let cell else { return "" }
            guard cell.contains(where: { ",\"\n\r".contains($0) }) else { return cell }
            return "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\""
        }.joined(separator: ",")
    }
}
