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
        abstract: "Write a run of the store as JSON (its log), CSV, or its model as safetensors.")

    /// What is written.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case json, csv, safetensors
    }

    @Argument(help: ArgumentHelp("The run, as `federated runs` names it.", valueName: "run"))
    var name: String

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
        let bytes = try reading.read { store throws in
            switch format {
            case .json: return try store.log(of: name).encoded()
            case .csv: return Array(try csv(store).utf8)
            case .safetensors: return try model(store)
            }
        }
        guard let output else { return Console.write(bytes) }
        try OutputFile.write(bytes, to: output)
    }

    private func model(_ store: RunStore) throws -> [UInt8] {
        let stored = try store.run(name)
        guard let model = try store.model(of: name) else {
            throw CommandFailure(
                message: "run \(name) has no model: no round of it is committed")
        }
        return [UInt8](
            SafeTensors.encode(
                model.parameters, layout: stored.layout,
                metadata: ["format": "pt", "model": stored.header.model.words]))
    }

    /// One row for each client of each round, and one for the server.
    private func csv(_ store: RunStore) throws -> String {
        var rows = ["round,client,samples,accuracy,loss,seconds,failure"]
        for round in try store.rounds(of: name) {
            let record = round.record
            for part in record.clients {
                rows.append(
                    Self.row([
                        "\(record.round)", "\(part.client)", part.sampleCount.map { "\($0)" },
                        part.evaluation.map { "\($0.accuracy)" },
                        part.evaluation.map { "\($0.loss)" }, nil, part.failure?.reason,
                    ]))
            }
            let samples = record.clients.reduce(0) { $0 + ($1.sampleCount ?? 0) }
            rows.append(
                Self.row([
                    "\(record.round)", "server", "\(samples)",
                    record.global.map { "\($0.accuracy)" },
                    record.global.map { "\($0.loss)" }, "\(round.seconds)", nil,
                ]))
        }
        return rows.joined(separator: "\n") + "\n"
    }

    private static func row(_ cells: [String?]) -> String {
        cells.map { cell in
            guard let cell else { return "" }
            guard cell.contains(where: { ",\"\n\r".contains($0) }) else { return cell }
            return "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\""
        }.joined(separator: ",")
    }
}
