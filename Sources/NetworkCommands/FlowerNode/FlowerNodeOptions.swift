import ArgumentParser
import Commands
import Datasets
import Experiments
import NetworkExperiments
import NeuralNetworks
import Platform
import Training

/// What a node trains, on which part of which data.
struct FlowerNodeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Model: a name, or FILE.json.", valueName: "model"),
        transform: { argument in try asValidationError { try ModelChoice(argument: argument) } })
    var model = ModelChoice.referenceCNN

    @OptionGroup var data: DataOptions

    @Option(help: "Which part of the data is this node's, from 0. (default: all of them)")
    var id: Int?

    @Option(
        help: ArgumentHelp(
            "With --id, how the data are divided: see federated partition --help. (default: iid)",
            valueName: "partition"))
    var partition: String?

    @Option(
        help: "With --id, parts of the data. (default: 5, with csv:FILE as many as it names)")
    var clients: Int?

    @Option(help: "Seed of the partition and of training: the same for all nodes.")
    var seed: UInt64 = 1

    @Option(help: "Local epochs, unless the ServerApp says; a fraction ends within one.")
    var epochs = 10.0

    @Option(
        help: ArgumentHelp("Batch size, unless the ServerApp says, or all.", valueName: "batch"))
    var batchSize = BatchSize.samples(8)

    @Option(help: "Learning rate, unless the ServerApp says.")
    var learningRate: Float = 0.01

    @Option(help: ArgumentHelp("Momentum of local SGD.", valueName: "beta"))
    var momentum: Float = 0

    @Option(help: ArgumentHelp("Evaluate on a random part of the test set.", valueName: "part"))
    var evaluationFraction = 1.0

    func validate() throws {
        if let clients { try requirePositive(clients, "--clients") }
        try requireTraining()
        let part = try part()
        if let id {
            guard id >= 0, id < part.count ?? .max else {
                let expected = part.count.map { Text.ids(of: $0) } ?? "at least 0"
                throw ValidationError("--id must be \(expected), not \(id)")
            }
        } else if clients != nil || partition != nil {
            throw ValidationError("--id must say which of the parts is this node's")
        }
    }

    /// Refuses what no client could train by.
    private func requireTraining() throws {
        var spec = RunSpec()
        spec.epochs = epochs
        spec.batchSize = batchSize
        spec.learningRate = learningRate
        spec.momentum = momentum
        spec.evaluationFraction = evaluationFraction
        _ = try asValidationError { () throws(SettingsError) in try spec.validated() }
    }

    /// What is typed, for the library.
    func part() throws -> FlowerPart {
        var part = FlowerPart()
        part.model = model
        part.id = id
        part.partition = try partition.map(requirePartition)
        part.clients = clients
        part.seed = seed
        part.training = LocalTraining(
            .epochs(epochs), batchSize: batchSize.count,
            optimizer: LocalOptimizer(learningRate: learningRate, momentum: momentum))
        part.evaluationFraction = evaluationFraction
        return part
    }
}
