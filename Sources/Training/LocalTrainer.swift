import Datasets
import Federation
import NeuralNetworks
import Parameters

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
    /// SCAFFOLD's correction is not finite, before the first step.
    case correctionNotFinite(ParameterPlace)
    /// It was told to stop.
    case stopped

    /// What is wrong with the client's training, as a clause.
    public var description: String {
        switch self {
        case .lossNotFinite(let epoch, let batch):
            "its loss is no finite number in epoch \(epoch), batch \(batch)"
        case .parameterNotFinite(let place):
            "its \(place) is no finite number"
        case .correctionNotFinite(let place):
            "the correction c − c_i of its \(place) is no finite number"
        case .stopped:
            "stopped"
        }
    }
}

extension Plan {
    /// Trains a copy of `global` on the samples at `shard`.
    ///
    /// The result depends on the arguments alone: batches are drawn from the stream (seed,
    /// shuffling, client, round), dropout from (seed, dropout, client, round), shifts and flips from
    /// (seed, augmentation, client, round).
    /// - Parameters:
    ///   - objective: what the client minimises: its strategy's.
    ///   - correction: SCAFFOLD's c − c_i, laid out as the parameters; nil for none.
    ///   - progress: called with the number of images after each batch.
    ///   - shouldStop: asked before each batch.
    /// - Precondition: the plan is for training, it takes batches of B (or the whole shard, should
    ///   that be less), and the shard is not empty; the training has no `problem` with the objective's
    ///   strategy, and its augmentation none with the samples.
    public func trainLocally(
        _ training: LocalTraining, objective: ClientObjective, from global: ParameterVector,
        on samples: Samples, shard: [Int32], seed: UInt64, client: Int, round: Int,
        correction: ParameterVector? = nil, progress: (Int) -> Void = { _ in },
        shouldStop: () -> Bool = { false }
    ) throws(LocalTrainingError) -> LocalResult {
        let size = training.batchSize(samples: shard.count)
        precondition(size <= batchSize, "the plan's batches are too small")
        precondition(!shard.isEmpty, "client \(client) has no images")
        if let bad = correction?.inspect().firstNonFinite {
            throw .correctionNotFinite(ParameterPlace(index: bad, layout: architecture.layout))
        }
        var order = shard
        var shuffling = RandomStream(
            RandomKey(seed: seed, purpose: .shuffling, client: client, round: round))
        let dropout = RandomKey(seed: seed, purpose: .dropout, client: client, round: round)
        var shifting = RandomStream(
            RandomKey(seed: seed, purpose: .augmentation, client: client, round: round))
        precondition(
            objective.usesControlVariates || correction == nil,
            "the objective has no control variates to correct by")
        load(global)
        var optimizer = training.optimizer(round: round)
        precondition(
            optimizer.proximal == 0, "the proximal term is the strategy's: ClientObjective says μ")
        optimizer.proximal = objective.proximal
        begin(optimizer, correction: correction)
        var (lossSum, images, epoch, start) = (0.0, 0, 0, order.count)
        let steps = training.steps(samples: order.count, client: client, round: round)
        for step in 0..<steps {
            if shouldStop() { throw .stopped }
            if start == order.count {
                shuffling.shuffle(&order)
                (lossSum, images, start) = (0, 0, 0)
                epoch += 1
            }
            let end = min(start + size, order.count)
            samples.copyBatch(order[start..<end], to: places)
            training.augmentation?.apply(
                to: places.images, count: end - start, of: samples, &shifting)
            let result = trainStep(count: end - start, dropout: dropout, step: step)
            guard result.lossSum.isFinite else {
                throw .lossNotFinite(epoch: epoch, batch: start / size + 1)
            }
            lossSum += result.lossSum
            images += end - start
            progress(end - start)
            start = end
        }
        let parameters = parameters()
        if let bad = parameters.inspect().firstNonFinite {
            throw .parameterNotFinite(ParameterPlace(index: bad, layout: architecture.layout))
        }
        return LocalResult(
            parameters: parameters, loss: lossSum / Double(images),
            imageCount: training.imageCount(
                samples: order.count, client: client, round: round))
    }
}
