import Datasets
import Federation
import NeuralNetworks
import Tensors

/// What a client does with the global model: E epochs of plain SGD at batch B over its shard.
///
/// Source: McMahan et al., "Communication-efficient learning of deep networks from decentralized
/// data", AISTATS 2017, Algorithm 1, ClientUpdate.
public struct LocalTraining: Hashable, Sendable {
    /// E, passes over the shard.
    public var epochs: Int
    /// B; the last batch of an epoch takes what is left, so a shard may be smaller.
    public var batchSize: Int
    /// η.
    public var learningRate: Float

    public init(epochs: Int = 10, batchSize: Int = 8, learningRate: Float = 0.01) {
        self.epochs = epochs
        self.batchSize = batchSize
        self.learningRate = learningRate
    }
}

/// What came of a client's local training.
public struct LocalResult: Sendable {
    /// The trained model.
    public var parameters: ParameterVector
    /// Mean loss over the last epoch, in nats, with dropout on.
    public var loss: Double
    /// Images that went through, repeats counted.
    public var imageCount: Int
}

/// Why local training gave no model.
public enum LocalTrainingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The loss of a batch is not finite.
    case lossNotFinite(epoch: Int, batch: Int)
    /// A parameter is not finite after the last step.
    case parameterNotFinite(ParameterPlace)
    /// It was told to stop.
    case stopped

    public var description: String {
        switch self {
        case .lossNotFinite(let epoch, let batch):
            "its loss is no finite number in epoch \(epoch), batch \(batch)"
        case .parameterNotFinite(let place):
            "its \(place) is no finite number"
        case .stopped:
            "stopped"
        }
    }
}

extension Plan {
    /// Trains a copy of `global` on the images at `shard`.
    ///
    /// The result depends on the arguments alone: batches are drawn from the stream (seed,
    /// shuffling, client, round), dropout from (seed, dropout, client, round).
    /// - Parameters:
    ///   - progress: called with the number of images after each batch.
    ///   - shouldStop: asked before each batch.
    /// - Precondition: the plan is for training, it takes batches of B (or the whole shard, should
    ///   that be less), and the shard is not empty.
    public func trainLocally(
        _ training: LocalTraining, from global: ParameterVector, on images: LabelledImages,
        shard: [Int32], seed: UInt64, client: Int, round: Int,
        progress: (Int) -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) throws(LocalTrainingError) -> LocalResult {
        precondition(
            min(training.batchSize, shard.count) <= batchSize, "the plan's batches are too small")
        precondition(!shard.isEmpty, "client \(client) has no images")
        var order = shard
        var shuffling = RandomStream(
            RandomKey(seed: seed, purpose: .shuffling, client: client, round: round))
        let dropout = RandomKey(seed: seed, purpose: .dropout, client: client, round: round)
        load(global)
        begin(LocalOptimizer(learningRate: training.learningRate))
        var step = 0
        var lossSum = 0.0
        for epoch in 1...training.epochs {
            shuffling.shuffle(&order)
            lossSum = 0
            var start = 0
            while start < order.count {
                if shouldStop() { throw .stopped }
                let end = min(start + training.batchSize, order.count)
                images.copyBatch(order[start..<end], images: self.images, labels: labels)
                let result = trainStep(count: end - start, dropout: dropout, step: step)
                guard result.lossSum.isFinite else {
                    throw .lossNotFinite(epoch: epoch, batch: start / training.batchSize + 1)
                }
                lossSum += result.lossSum
                progress(end - start)
                step += 1
                start = end
            }
        }
        let parameters = parameters()
        if let bad = parameters.inspect().firstNonFinite {
            throw .parameterNotFinite(ParameterPlace(index: bad, layout: architecture.layout))
        }
        return LocalResult(
            parameters: parameters, loss: lossSum / Double(order.count),
            imageCount: training.epochs * order.count)
    }
}
