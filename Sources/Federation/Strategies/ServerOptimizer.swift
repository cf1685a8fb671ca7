import Parameters

/// How a server moves its model along the mean of what clients changed, Δ = ȳ − x.
///
/// Computed in Double for each parameter and rounded once to Float; square root, sums and products
/// round alike on every machine.
public struct ServerOptimizer: ServerRule, Hashable {
    /// The rule.
    public enum Rule: Hashable, Sendable {
        /// v ← β v + Δ, x ← x + η v.
        case momentum(Double)
        /// m ← β₁ m + (1 − β₁) Δ, v ← v + Δ², x ← x + η m / (√v + τ); published with β₁ = 0, m = Δ.
        case adagrad
        /// m and x as in Adagrad, v ← β₂ v + (1 − β₂) Δ².
        case adam
        /// m and x as in Adagrad, v ← v − (1 − β₂) Δ² sign(v − Δ²).
        case yogi
    }

    /// Which of the four.
    public let rule: Rule
    /// η.
    public let learningRate: Double
    /// β₁, the decay of m.
    public let beta1: Double
    /// β₂, the decay of v.
    public let beta2: Double
    /// τ, the degree of adaptivity; v begins at τ².
    public let tau: Double

    /// An optimiser. The adaptive ones as published, without bias correction.
    ///
    /// Source: Reddi, Charles, Zaheer, Garrett, Rush, Konečný, Kumar and McMahan, "Adaptive federated
    /// optimization", ICLR 2021, Algorithm 2, in which v is of Δ itself, as version 5 of the preprint
    /// has it (earlier ones square m, a slip by their authors' word); momentum: see
    /// `Strategy.fedAvgM`.
    /// - Parameter beta1: nil for the published one: 0 for Adagrad, which has no momentum there
    ///   (and in Flower's `FedAdagrad`), else 0.9.
    /// - Precondition: η > 0, τ > 0, all β at least 0 and below 1.
    public init(
        _ rule: Rule, learningRate: Double, beta1: Double? = nil, beta2: Double = 0.99,
        tau: Double = 1e-3
    ) {
        let beta1 = beta1 ?? (rule == .adagrad ? 0 : 0.9)
        precondition(learningRate > 0 && learningRate.isFinite, "η must be above 0")
        precondition(tau > 0 && tau.isFinite, "τ must be above 0, not \(tau)")
        var betas = [beta1, beta2]
        if case .momentum(let beta) = rule { betas.append(beta) }
        for beta in betas {
            precondition((0..<1).contains(beta), "β must be at least 0 and below 1, not \(beta)")
        }
        self.rule = rule
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.tau = tau
    }

    /// The strategy's name with this optimiser.
    var name: String {
        switch rule {
        case .momentum: "FedAvgM"
        case .adagrad: "FedAdagrad"
        case .adam: "FedAdam"
        case .yogi: "FedYogi"
        }
    }

    /// Whether it takes the mean as it is.
    var isAverage: Bool { rule == .momentum(0) && learningRate == 1 }

    /// Its settings as people read them.
    public var settings: [String] {
        let rate = "server rate \(learningRate)"
        switch rule {
        case .momentum(let beta): return [rate, "β \(beta)"]
        case .adagrad: return [rate, "β₁ \(beta1)", "τ \(tau)"]
        case .adam, .yogi: return [rate, "β₁ \(beta1)", "β₂ \(beta2)", "τ \(tau)"]
        }
    }

    /// v of a momentum; m and v of the others.
    public var vectorNames: [String] {
        if case .momentum = rule { [Self.velocity] } else { [Self.first, Self.second] }
    }

    private static let velocity = "velocity v"
    private static let first = "first moment m"
    private static let second = "second moment v"

    /// The model and the optimiser's vectors after a round.
    public func next(
        _ aggregate: inout Aggregate, after state: FederationState, _ context: RoundContext
    ) -> FederationState {
        var next = state
        let (model, value) = (state.model, aggregate.value)
        let count = model.count
        if case .momentum(let beta) = rule {
            let before = state.vectors[Self.velocity] ?? ParameterVector(zeros: count)
            let velocity = value.map(with: before, model) { v, _, change in
                Float(beta * Double(v) + change)
            }
            next.vectors[Self.velocity] = velocity
            next.model = ParameterVector.map(model, velocity) { [learningRate] x, v in
                Float(Double(x) + learningRate * Double(v))
            }
            return next
        }
        let first = state.vectors[Self.first] ?? ParameterVector(zeros: count)
        let second =
            state.vectors[Self.second]
            ?? ParameterVector(count: count) { $0.update(repeating: Float(tau * tau)) }
        let m = value.map(with: first, model) { [beta1] m, _, change in
            Float(beta1 * Double(m) + (1 - beta1) * change)
        }
        let v = value.map(with: second, model) { [beta2, rule] v, _, change in
            let (v, square) = (Double(v), change * change)
            switch rule {
            case .momentum, .adagrad: return Float(v + square)
            case .adam: return Float(beta2 * v + (1 - beta2) * square)
            case .yogi:
                let sign: Double = v > square ? 1 : v < square ? -1 : 0
                return Float(v - (1 - beta2) * square * sign)
            }
        }
        next.vectors[Self.first] = m
        next.vectors[Self.second] = v
        next.model = ParameterVector.map(model, m, v) { [learningRate, tau] x, m, v in
            Float(Double(x) + learningRate * Double(m) / (Double(v).squareRoot() + tau))
        }
        return next
    }
}
