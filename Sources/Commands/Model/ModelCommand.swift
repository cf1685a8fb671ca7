import ArgumentParser
import Experiments
import NeuralNetworks
import Terminal

/// `federated model`: what a network is made of and runs on, or the file that it is written as.
struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Say what a network is made of and runs on, or write it as a file.",
        discussion: """
            A model is a name (\(NamedModel.allCases.map(\.rawValue).joined(separator: ", "))), an \
            architecture in a file like {"input": [28, 28, 1], "layers": [{"layer": "flatten"}, \
            {"layer": "dense", "units": 10}]}, or what a Keras Sequential's to_json() has written. \
            federated run, serve, sweep, flower-node and bench take the same for --model.

            Layers of files: \(Layer.kindNames.joined(separator: ", ")). Operations are those of training; \
            fused ones compute several layers at once or skip what is zero, plain ones go through \
            im2col and OpenBLAS. FLOP are those of a sample forward, as if every product were computed.
            """)

    @Argument(
        help: ArgumentHelp("A name, or a file of an architecture.", valueName: "model"),
        transform: { argument in try asValidationError { try ModelChoice(argument: argument) } })
    var model: ModelChoice

    @Option(
        help: ArgumentHelp(
            "A sample's shape, like 32x32x3 or 784. (default: the file's, or 28x28x1)",
            valueName: "shape"),
        transform: ModelCommand.shape)
    var input: FeatureShape?

    @Option(
        help: ArgumentHelp(
            "Classes, or numbers that are predicted. (default: 10; of a file, what it gives)",
            valueName: "count"))
    var classes: Int?

    @Option(help: "Operations: fused, or plain ones (im2col and OpenBLAS).")
    var engine = Engine.fused

    @Flag(help: "Print the file of the architecture and nothing else.")
    var json = false

    func validate() throws {
        if let classes { try requirePositive(classes, "--classes") }
    }

    func run() throws {
        let architecture = try model.example(input: input, classCount: classes)
        if json {
            return Console.write(Array(try ArchitectureFile(architecture).text().utf8))
        }
        let console = Console(quiet: false)
        for note in model.notes(on: architecture.input) { console.line(note) }
        console.line(console.bold("federated \(LibraryVersion.text)"))
        let summary = ArchitectureSummary(architecture, engine: engine)
        for (name, value) in summary.facts(of: model.name, input: architecture.input) {
            console.row(name, value)
        }
        console.line()
        var table = TextTable([
            .right("layer"), .left("kind"), .left("output"), .right("parameters"), .right("FLOP"),
            .left("computed by"),
        ])
        for row in summary.rows { table.add(row.cells) }
        table.print(console)
    }

    /// Reads "32x32x3" or "784".
    static func shape(_ text: String) throws -> FeatureShape {
        let parts = text.split(omittingEmptySubsequences: false) { "x×X".contains($0) }
        let sizes = parts.compactMap { Int($0) }.filter { $0 > 0 && $0 <= Int(Int32.max) }
        guard sizes.count == parts.count, let shape = FeatureShape(sizes: sizes) else {
            throw ValidationError(
                "a shape is HEIGHTxWIDTHxCHANNELS or one number, like 32x32x3 or 784")
        }
        return shape
    }
}
