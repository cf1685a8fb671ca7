import Datasets
import Experiments
import NeuralNetworks
import Platform
import Training

/// What a node of a Flower federation trains, and on which part of the data.
public struct FlowerPart: Sendable {
    /// The model.
    public var model = ModelChoice.referenceCNN
    /// Which part of the data is the node's, from 0; nil for all of them.
    public var id: Int?
    /// How the data are divided, where only a part is the node's; nil for `iid`.
    public var partition: Partition?
    /// Parts of the data; nil for 5, or as many as a partition's file names.
    public var clients: Int?
    /// Seed of partition and training: the same for all nodes.
    public var seed: UInt64 = 1
    /// How it trains where the ServerApp says nothing.
    public var training = LocalTraining(
        .epochs(10), batchSize: 8, optimizer: LocalOptimizer(learningRate: 0.01))
    /// Part of the test set that it evaluates on.
    public var evaluationFraction = 1.0

    private static let usualCount = 5

    /// All of the data, for the reference model.
    public init() {}

    /// How the data are divided, in one line.
    package var division: String {
        guard id != nil else { return "none: all of the data are this node's" }
        return "\(chosen) (\(chosen.summary))"
    }

    private var chosen: Partition { partition ?? .iid }

    /// Parts there are; nil where the partition's file or the data say it.
    package var count: Int? {
        if id == nil { return 1 }
        if case .csv = chosen { return clients }
        if chosen.goesByOwners { return clients }
        return clients ?? Self.usualCount
    }

    /// The id of the node's part: of the only one, where all of the data are its own.
    package var part: Int { id ?? 0 }

    /// The parts of these images.
    /// - Throws: `PartitionError`; `FlowerPartError` where there is no part of that number.
    package func shards(
        of images: Samples, owners: SampleOwners? = nil
    ) throws -> DividedShards {
        let shards = try chosen.divide(images, owners: owners, among: count, seed: seed)
        guard part < shards.clientCount else {
            throw FlowerPartError(part: part, count: shards.clientCount)
        }
        return shards
    }
}

/// A part that a partition has not.
public struct FlowerPartError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The part that was asked for.
    public let part: Int
    /// How many there are.
    public let count: Int

    /// One sentence.
    public var description: String {
        "the partition has \(Text.plural(count, "part")), \(Text.ids(of: count)): there is no \(part)"
    }
}
