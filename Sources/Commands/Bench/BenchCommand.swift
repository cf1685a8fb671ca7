import ArgumentParser
import Datasets
import Experiments
import Foundation
import NeuralNetworks
import Parameters
import Terminal

/// `federated bench`: how fast this machine is at what a federation does.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure training, evaluation and all else of a round.",
        discussion: """
            Every figure is a median over interleaved repeats. All cores means that each trains or \
            evaluates a model of its own, as clients do. The dense limit is what OpenBLAS's peak, \
            measured in the same run, would allow if every product were computed.
            """,
        subcommands: [
            BenchTraining.self, BenchOptimizers.self, BenchAccuracy.self, BenchAveraging.self,
            BenchPopulation.self, BenchRanks.self, BenchFederation.self, BenchPublished.self,
            BenchLoadServer.self,
        ], defaultSubcommand: BenchTraining.self)
}

/// How long is measured, and how figures are printed.
struct MeasuringOptions: ParsableArguments {
    @Option(help: "Repeats of each measurement.")
    var repeats = 5

    @Flag(help: "Measure for a moment only: figures are rough.")
    var quick = false

    @Flag(help: "Print JSON and nothing else.")
    var json = false

    func validate() throws { try requirePositive(repeats, "--repeats") }

    var console: Console { Console(quiet: json) }

    /// Prints figures as lines, or as JSON.
    func show(_ lines: [String], _ figures: some Encodable, on console: Console) throws {
        console.clearTransient()
        for line in lines { console.line(line) }
        guard json else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        Console.write(Array(try encoder.encode(figures)) + [UInt8(ascii: "\n")])
    }
}

/// Which model is measured, and how it is computed.
struct MeasuredModel: ParsableArguments {
    @Option(
        help: ArgumentHelp("Model: a name, or FILE.json.", valueName: "model"),
        transform: { argument in try asValidationError { try ModelChoice(argument: argument) } })
    var model = ModelChoice.referenceCNN

    @Option(help: "Operations: fused, or plain ones (im2col and OpenBLAS).")
    var engine = Engine.fused

    @Option(
        help: ArgumentHelp(
            "Shape of the generated images: digits of 28x28x1, of any other noise.",
            valueName: "HxWxC"),
        transform: imageShape)
    var input = Benchmark.digitShape

    /// The model for such an image.
    func architecture() throws -> Architecture { try model.architecture(input: input) }
}

/// Reads "32x32x3".
private func imageShape(_ text: String) throws -> FeatureShape {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    let sizes = parts.compactMap { $0 }.filter { (1...4096).contains($0) }
    let count = sizes.reduce(1, *)
    guard parts.count == 3, sizes.count == 3, count <= 1_000_000 else {
        throw ValidationError(
            "--input: “\(text)” must be a height, a width and channels like 32x32x3, each 1 to 4096 and "
                + "all together 1,000,000 numbers at most")
    }
    return .image(height: sizes[0], width: sizes[1], channels: sizes[2])
}

/// How many threads work.
struct MeasuredThreads: ParsableArguments {
    @Option(help: "Threads for “all cores”. (default: one for each core)")
    var threads: Int?

    func validate() throws { try requireThreads(threads) }

    var count: Int { threads ?? availableProcessorCount() }
}

/// Lists of numbers on the command line.
enum Numbers {
    /// Parses "1,2,3".
    static func list<Number: LosslessStringConvertible>(
        _ text: String, option: String
    ) throws -> [Number] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        return try parts.map { part in
            guard let number = Number(part.trimmingCharacters(in: .whitespaces)) else {
                throw ValidationError("\(option): “\(part)” is no number in the list “\(text)”")
            }
            return number
        }
    }
}
