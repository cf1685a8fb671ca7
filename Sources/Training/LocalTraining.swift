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

    /// How long, where a client has the time.
    public var length: Length
    /// B; the last batch of an epoch takes what is left, so a shard may be smaller. nil for B = ∞: all
    /// of the shard at once.
    public var batchSize: Int?
    /// How a batch's gradient moves the model, in round 1. A proximal term is no part of it: the strategy's
    /// objective says μ, and the trainer reads it there.
    public var optimizer: LocalOptimizer
    /// d: in round r the learning rate is η d^(r − 1), times what the schedule says.
    public var learningRateDecay: Double
    /// What becomes of the learning rate beside the decay.
    public var schedule: LearningRateSchedule
    /// R, all rounds of the run, which the schedule spans.
    public var rounds: Int
    /// What is done to images before each step; nil for nothing.
    public var augmentation: Augmentation?
    /// Clients that train fewer epochs than E; nil where all have the time. Of steps, nobody does fewer.
    public var stragglers: Stragglers?

    /// - Precondition: epochs, steps, batch size and rounds are above 0, 0 < d ≤ 1.
    public init(
        _ length: Length = .epochs(10), batchSize: Int? = 8,
        optimizer: LocalOptimizer = LocalOptimizer(learningRate: 0.01),
        learningRateDecay: Double = 1, schedule: LearningRateSchedule = .constant,
        rounds: Int = 1, augmentation: Augmentation? = nil, stragglers: Stragglers? = nil
    ) {
        switch length {
        case .epochs(let epochs): precondition(epochs > 0, "\(epochs) epochs are no training")
        case .steps(let steps): precondition(steps > 0, "\(steps) steps are no training")
        }
        precondition(batchSize ?? 1 > 0, "a batch of \(batchSize ?? 0) samples is none")
        precondition(
            learningRateDecay > 0 && learningRateDecay <= 1, "a learning rate decays by 0 to 1")
        precondition(rounds > 0, "a schedule of \(rounds) rounds is none")
        self.length = length
        self.batchSize = batchSize
        self.optimizer = optimizer
        self.learningRateDecay = learningRateDecay
        self.schedule = schedule
        self.rounds = rounds
        self.augmentation = augmentation
        self.stragglers = stragglers
    }

    /// Samples of the largest batch from a shard of so many.
    public func batchSize(samples: Int) -> Int { min(batchSize ?? samples, samples) }

    /// Steps on a shard of so many samples, where the client has the time: ⌈E · ⌈n / B⌉⌉, or as many as
    /// were asked for.
    public func steps(samples: Int) -> Int { steps(length, samples) }

    /// Steps of a client on a shard of so many samples in a round.
    public func steps(samples: Int, client: Int, round: Int) -> Int {
        steps(length(client: client, round: round), samples)
    }

    /// Images that go through on a shard of so many, repeats counted, where the client has the time.
    public func imageCount(samples: Int) -> Int {
        imageCount(steps(samples: samples), samples)
    }

    /// Images that go through of a client with so many samples in a round, repeats counted.
    public func imageCount(samples: Int, client: Int, round: Int) -> Int {
        imageCount(steps(samples: samples, client: client, round: round), samples)
    }

    /// How a batch's gradient moves the model in a round.
    public func optimizer(round: Int) -> LocalOptimizer {
        var optimizer = optimizer
        var rate = Double(optimizer.learningRate)
        // Multiplied one by one: the same bits whatever the machine's pow.
        if learningRateDecay < 1 { for _ in 1..<round { rate *= learningRateDecay } }
        if schedule != .constant { rate *= schedule.factor(round: round, of: rounds) }
        optimizer.learningRate = Float(rate)
        return optimizer
    }

    /// How much a client with so many samples trains in a round.
    public func work(samples: Int, client: Int, round: Int) -> LocalWork {
        let optimizer = optimizer(round: round)
        return LocalWork(
            steps: steps(samples: samples, client: client, round: round),
            learningRate: Double(optimizer.learningRate),
            momentum: optimizer.kind == .sgd ? Double(optimizer.momentum) : 0)
    }

    /// Why clients of that strategy cannot train so, as a sentence; nil where they can.
    ///
    /// What SCAFFOLD and FedNova work out of a client's change rests on how SGD makes it.
    public func problem(with strategy: Strategy) -> String? {
        let name = optimizer.kind.rawValue
        if optimizer.kind != .sgd, strategy.objective.usesControlVariates {
            return
                "\(strategy.name) takes a client's change for its gradients, as sgd makes it, and "
                + "the optimizer is \(name): take sgd, or another strategy"
        }
        guard strategy.transforms.contains(where: { $0 is NormalizedChange }) else { return nil }
        if optimizer.kind != .sgd {
            return
                "\(strategy.name) divides a client's change by how far sgd's steps carry, and the "
                + "optimizer is \(name): take sgd, or another strategy"
        }
        if optimizer.nesterov, optimizer.momentum > 0 {
            return
                "\(strategy.name) divides a client's change by how far steps with plain momentum "
                + "carry: leave nesterov out, or take another strategy"
        }
        return nil
    }

    private func length(client: Int, round: Int) -> Length {
        guard let stragglers, case .epochs(let epochs) = length else { return length }
        return .epochs(stragglers.epochs(of: epochs, client: client, round: round))
    }

    private func steps(_ length: Length, _ samples: Int) -> Int {
        switch length {
        case .epochs(let epochs): DecimalShare.ceiling(epochs, of: batchesPerEpoch(samples))
        case .steps(let steps): steps
        }
    }

    private func imageCount(_ steps: Int, _ samples: Int) -> Int {
        let (epochs, rest) = steps.quotientAndRemainder(dividingBy: batchesPerEpoch(samples))
        return epochs * samples + rest * batchSize(samples: samples)
    }

    private func batchesPerEpoch(_ samples: Int) -> Int {
        let size = max(batchSize(samples: samples), 1)
        return (samples + size - 1) / size
    }
}
