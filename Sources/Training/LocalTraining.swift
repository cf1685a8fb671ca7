import Federation
import NeuralNetworks
import Parameters

/// What a client does with the global model: E epochs of SGD at batch B over its shard.
///
/// Source: McMahan et al., "Communication-efficient learning of deep networks from decentralized
/// data", AISTATS 2017, Algorithm 1, ClientUpdate.
public struct LocalTraining: Hashable, Sendable {
    /// How long a client trains in a round.
    public enum Length: Hashable, Sendable {
        /// E, passes over the shard; a fraction ends within one.
        case epochs(Double)
        /// Steps of SGD, whatever the shard's size.
        case steps(Int)
    }

    /// How long.
    public var length: Length
    /// B; the last batch of an epoch takes what is left, so a shard may be smaller. nil for B = ∞: all
    /// of the shard at once.
    public var batchSize: Int?
    /// How a batch's gradient moves the model, in round 1. A proximal term is no part of it: the strategy's
    /// objective says μ, and the trainer reads it there.
    public var optimizer: LocalOptimizer
    /// d: in round r the learning rate is η d^(r − 1).
    public var learningRateDecay: Double

    /// - Precondition: epochs, steps and batch size are above 0, 0 < d ≤ 1.
    public init(
        _ length: Length = .epochs(10), batchSize: Int? = 8,
        optimizer: LocalOptimizer = LocalOptimizer(learningRate: 0.01),
        learningRateDecay: Double = 1
    ) {
        switch length {
        case .epochs(let epochs): precondition(epochs > 0, "\(epochs) epochs are no training")
        case .steps(let steps): precondition(steps > 0, "\(steps) steps are no training")
        }
        precondition(batchSize ?? 1 > 0, "a batch of \(batchSize ?? 0) samples is none")
        precondition(
            learningRateDecay > 0 && learningRateDecay <= 1, "a learning rate decays by 0 to 1")
        self.length = length
        self.batchSize = batchSize
        self.optimizer = optimizer
        self.learningRateDecay = learningRateDecay
    }

    /// Samples of the largest batch from a shard of so many.
    public func batchSize(samples: Int) -> Int { min(batchSize ?? samples, samples) }

    /// Steps on a shard of so many samples: ⌈E · ⌈n / B⌉⌉, or as many as were asked for.
    public func steps(samples: Int) -> Int {
        switch length {
        case .epochs(let epochs):
            DecimalShare.ceiling(epochs, of: batchesPerEpoch(samples))
        case .steps(let steps): steps
        }
    }

    /// Images that go through on a shard of so many, repeats counted.
    public func imageCount(samples: Int) -> Int {
        let (epochs, rest) = steps(samples: samples)
            .quotientAndRemainder(dividingBy: batchesPerEpoch(samples))
        return epochs * samples + rest * batchSize(samples: samples)
    }

    /// How a batch's gradient moves the model in a round.
    public func optimizer(round: Int) -> LocalOptimizer {
        var optimizer = optimizer
        var rate = Double(optimizer.learningRate)
        // Multiplied one by one: the same bits whatever the machine's pow.
        if learningRateDecay < 1 { for _ in 1..<round { rate *= learningRateDecay } }
        optimizer.learningRate = Float(rate)
        return optimizer
    }

    /// How much a client with so many samples trains in a round.
    public func work(samples: Int, round: Int) -> LocalWork {
        let optimizer = optimizer(round: round)
        return LocalWork(
            steps: steps(samples: samples), learningRate: Double(optimizer.learningRate),
            momentum: Double(optimizer.momentum))
    }

    private func batchesPerEpoch(_ samples: Int) -> Int {
        let size = max(batchSize(samples: samples), 1)
        return (samples + size - 1) / size
    }
}
