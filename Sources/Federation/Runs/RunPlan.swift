import Parameters

/// What a run machine is to do, but for what any executor knows itself.
public struct RunPlan: Sendable {
    /// When rounds open and close, and when the run is over.
    public var rules: RoundEngine.Configuration
    /// How updates become the next model.
    public var strategy: Strategy
    /// The model's tensors.
    public var layout: ParameterLayout
    /// What the strategy's parts draw by.
    public var seed: UInt64
    /// Whether clients may begin a round while the one before is being made permanent: where they are
    /// part of this process, and are lost with it.
    public var opensBeforeCommit: Bool

    /// A plan.
    public init(
        rules: RoundEngine.Configuration, strategy: Strategy, layout: ParameterLayout,
        seed: UInt64, opensBeforeCommit: Bool
    ) {
        self.rules = rules
        self.strategy = strategy
        self.layout = layout
        self.seed = seed
        self.opensBeforeCommit = opensBeforeCommit
    }
}
