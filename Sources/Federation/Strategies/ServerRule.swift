import Parameters

/// How the next global model comes of a round's aggregate.
public protocol ServerRule: Sendable {
    /// What it keeps from round to round, each as long as the model, in words: "velocity v". They are
    /// the names in `FederationState.vectors`.
    var vectorNames: [String] { get }
    /// Whether it keeps vectors by other names, too, that only its own work decides.
    var namesOtherVectors: Bool { get }
    /// Its settings as people read them, where they are not the usual ones.
    var settings: [String] { get }
    /// Why it can't be a part of that strategy, as a sentence's end; nil if it can.
    func problem(in strategy: Strategy) -> String?
    /// The state after the round, but for what the strategy keeps for clients.
    /// - Parameter aggregate: what came of the round; what it adds to its `metrics`, the round's record says.
    /// - Throws: `AggregationError`, which ends the run.
    func next(
        _ aggregate: inout Aggregate, after state: FederationState, _ context: RoundContext
    ) throws(AggregationError) -> FederationState
}

extension ServerRule {
    /// None: it keeps nothing but the model.
    public var vectorNames: [String] { [] }
    /// No.
    public var namesOtherVectors: Bool { false }
    /// None.
    public var settings: [String] { [] }
    /// None: it goes with any strategy.
    public func problem(in strategy: Strategy) -> String? { nil }
}

/// x ← ȳ: the mean takes the model's place.
public struct Replacement: ServerRule {
    /// The rule.
    public init() {}

    /// The mean, or x and the mean change, each rounded once to Float.
    public func next(
        _ aggregate: inout Aggregate, after state: FederationState, _ context: RoundContext
    ) -> FederationState {
        var next = state
        next.model = aggregate.value.model(after: state.model)
        return next
    }
}
