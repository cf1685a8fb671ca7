import ArgumentParser
import Datasets
import Training
import NeuralNetworks

/// What a node trains, on which part of which data.
struct FlowerNodeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Model.", valueName: "name"))
    var model = NamedModel.referenceCNN

    @Option(
        help: ArgumentHelp("mnist, digits, or a folder with four IDX files.", valueName: "data"))
    var dataset: String?

    @Option(help: ArgumentHelp("Where MNIST is.", valueName: "folder"))
    var dataDir: String?

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

    private static let defaultClients = 5

    func validate() throws {
        if let clients { try requirePositive(clients, "--clients") }
        let partition = try chosenPartition()
        if let id {
            let count = clientCount(partition)
            guard id >= 0, id < count ?? .max else {
                let expected = count.map { Text.ids(of: $0) } ?? "at least 0"
                throw ValidationError("--id must be \(expected), not \(id)")
            }
        } else if clients != nil || self.partition != nil {
            throw ValidationError("--id must say which of the parts is this node's")
        }
        guard epochs > 0, epochs <= 1e6 else {
            throw ValidationError("--epochs must be above 0 and at most 1e6, not \(epochs)")
        }
        if let count = batchSize.count { try requirePositive(count, "--batch-size") }
        try requireLearningRate(learningRate, "--learning-rate")
        try requireMomentum(momentum, "--momentum")
        guard evaluationFraction > 0, evaluationFraction <= 1 else {
            throw ValidationError(
                "--evaluation-fraction must be above 0 and at most 1, not \(evaluationFraction)")
        }
    }

    /// How the data are divided, in one line.
    var division: String {
        guard id != nil else { return "none: all of the data are this node's" }
        return (try? chosenPartition()).map { "\($0) (\($0.summary))" } ?? "\(partition ?? "")"
    }

    private func chosenPartition() throws -> Partition {
        try partition.map(requirePartition) ?? .iid
    }

    /// nil where the partition's file says it.
    private func clientCount(_ partition: Partition) -> Int? {
        if id == nil { return 1 }
        if case .natural = partition { return clients }
        return clients ?? Self.defaultClients
    }

    /// The id of the node's part: of the only one, where all of the data are its own.
    var part: Int { id ?? 0 }

    /// The parts of these images.
    /// - Throws: `PartitionError`; `CommandFailure` where there is no part of that number.
    func shards(of images: LabelledImages) throws -> DividedShards {
        let partition = try chosenPartition()
        let shards = try partition.divide(images, among: clientCount(partition), seed: seed)
        guard part < shards.clientCount else {
            throw CommandFailure(
                message: "the partition has \(Text.plural(shards.clientCount, "part")), "
                    + "\(Text.ids(of: shards.clientCount)): there is no \(part)")
        }
        return shards
    }

    /// How the node trains where the ServerApp says nothing.
    var training: LocalTraining {
        LocalTraining(
            .epochs(epochs), batchSize: batchSize.count,
            optimizer: LocalOptimizer(learningRate: learningRate, momentum: momentum))
    }
}
