import Parameters

/// FedNova's half at the client: its change divided by how far its steps carry,
/// d_i = (y_i − x) / a_i, and a_i itself.
///
/// Source: see `Strategy.fedNova`.
public struct NormalizedChange: UpdateTransform {
    /// The name of a_i among a contribution's numbers.
    public static let reach = "a"

    /// The transform.
    public init() {}

    /// Where the update is folded: the server knows how far a client's steps carry.
    public var place: TransformPlace { .server }
    /// "normalized".
    public var description: String { "normalized" }

    /// It does not go with other weights: p_i is a client's share of the samples.
    public func problem(in strategy: Strategy) -> String? {
        switch strategy.weighting {
        case .samples: nil
        case .uniform: "FedNova weighs clients by their samples, and here all are to weigh the same"
        case .capped, .batches:
            "FedNova weighs clients by their samples, and here they are \(strategy.weighting)"
        }
    }

    /// Puts d_i in the place of the update, and a_i beside it.
    public func prepare(
        _ contribution: inout Contribution, _ context: ClientContext
    ) throws(AggregationError) {
        let reach = context.work.reach
        contribution.value = .change(
            contribution.value.map(with: context.model) { _, change in Float(change / reach) })
        contribution.numbers[Self.reach] = reach
    }
}

/// FedNova's server half: x ← x + η τ_eff Σ p_i d_i, with τ_eff = Σ p_i a_i.
///
/// Source: see `Strategy.fedNova`.
public struct NormalizedStep: ServerRule {
    /// η.
    public let learningRate: Double

    /// A rule with that rate.
    /// - Precondition: the rate is above 0.
    public init(learningRate: Double = 1) {
        precondition(learningRate > 0, "a server's learning rate must be above 0")
        self.learningRate = learningRate
    }

    /// η, where it is not 1.
    public var settings: [String] { learningRate == 1 ? [] : ["server rate \(learningRate)"] }

    /// It needs `NormalizedChange` among the transforms.
    public func problem(in strategy: Strategy) -> String? {
        strategy.transforms.contains { $0 is NormalizedChange }
            ? nil : "FedNova's step needs changes that are normalized"
    }

    /// x + η τ_eff Σ p_i d_i, computed in Double and rounded once.
    public func next(
        _ aggregate: inout Aggregate, after state: FederationState, _ context: RoundContext
    ) -> FederationState {
        let step = learningRate * (aggregate.numbers[NormalizedChange.reach] ?? 0)
        var next = state
        next.model = aggregate.value.map(with: state.model) { x, change in
            Float(Double(x) + step * change)
        }
        return next
    }
}
