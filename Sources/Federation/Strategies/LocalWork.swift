/// How much a client trained, as the server half of some strategies needs to know it.
public struct LocalWork: Hashable, Sendable, Codable {
    /// Steps of SGD, τ or K.
    public var steps: Int
    /// η_l, the client's learning rate in that round.
    public var learningRate: Double
    /// ρ, its momentum.
    public var momentum: Double

    /// Work of so many steps.
    public init(steps: Int, learningRate: Double, momentum: Double = 0) {
        self.steps = steps
        self.learningRate = learningRate
        self.momentum = momentum
    }

    /// ‖a‖₁, how far `steps` equal gradients carry, in learning rates.
    ///
    /// Source: Wang et al. 2020 (see `Strategy.fedNova`), section 4.
    public var reach: Double {
        let tau = Double(steps)
        guard momentum > 0 else { return tau }
        var power = 1.0
        for _ in 0..<steps { power *= momentum }
        return (tau - momentum * (1 - power) / (1 - momentum)) / (1 - momentum)
    }
}
