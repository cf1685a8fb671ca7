import ArgumentParser
import Datasets
import Experiments
import JSON
import NeuralNetworks
import Parameters
import Terminal

/// `federated predict MODEL FILES…`: what a trained model says of the samples in files.
struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Ask a trained model what samples are: IDX, .npy, .npz or PNG files.",
        discussion: """
            Of each sample its class and the probability of that, or the predicted numbers. Files are \
            known by how they begin: IDX images, plain or gzip; numpy's arrays; PNG, grey or of colours, \
            8 bits a channel after libpng has expanded palettes and cut 16 bits. A picture is taken as it \
            is: it must have the model's size and channels, and nothing inverts it (MNIST's digits are \
            bright on black). Bytes are seen as byte / 255 and other numbers as they are, and then scaled \
            as the model's training data were.
            """)

    /// How predictions are written.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case csv, json
    }

    @Argument(help: ArgumentHelp(ModelOptions.help, valueName: "model"))
    var named: String?

    @Argument(help: ArgumentHelp("The samples.", valueName: "files"), completion: .file())
    var files: [String] = []

    @OptionGroup var options: ModelOptions

    @Option(
        help: ArgumentHelp(
            "A sample's shape, like 32x32x3 or 784. (default: the model's file's, or 28x28x1)",
            valueName: "shape"),
        transform: ModelCommand.shape)
    var input: FeatureShape?

    @Option(
        help: ArgumentHelp(
            """
            What the model sees of bytes and numbers; standard takes the means and deviations in its file. \
            (default: what its file says, or unit)
            """, valueName: "scaling"))
    var scaling: ScalingChoice?

    @Option(help: "How predictions are written.")
    var format = Format.csv

    @Flag(help: "Give the probability of each class.")
    var probabilities = false

    func run() throws {
        guard named == nil || !files.isEmpty else {
            throw ValidationError("predict needs files of samples behind the model")
        }
        let source = try options.source(named, need: "predict needs a model, and files")
        let threads = options.threads ?? availableProcessorCount()
        var model = try source.model(
            options.model, input: try input ?? source.inputShape(), loss: options.loss)
        if let scaling { model.scaling = try source.scaling(scaling) }
        let found = try ModelPredictions(of: model, on: files, threads: threads)
        // The table is data: what there is to say goes where it does not follow it.
        for note in model.notes + found.notes { Console.warn(note.printable) }
        switch format {
        case .csv: Console.write(Array(found.csv(all: probabilities).utf8))
        case .json:
            Console.write(found.json(all: probabilities).encoded() + [UInt8(ascii: "\n")])
        }
    }
}

extension ScalingChoice: ExpressibleByArgument {
    /// The scaling of that name, however it is spelled.
    public init?(argument: String) { self.init(spelled: argument) }
}
