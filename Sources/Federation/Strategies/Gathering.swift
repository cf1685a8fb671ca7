import Parameters

/// The exact mean, and beside it each update as it came, for a server rule that wants to see them all.
public struct Gathering: Aggregator {
    /// The aggregator.
    public init() {}

    /// All updates of a round.
    public var memory: AggregatorMemory { .perUpdate }
    /// "all updates side by side".
    public var description: String { "all updates side by side" }

    /// A `GatheringFold` that has nothing in it yet.
    public func makeFold(_ layout: ParameterLayout) -> any Fold { GatheringFold(layout) }
}

/// A round's updates, kept until the last has come, and their sum.
public struct GatheringFold: Fold {
    private var mean: ExactMeanFold
    private var contributions: [Contribution] = []

    /// A fold of models with that layout that has nothing in it yet.
    public init(_ layout: ParameterLayout) { mean = ExactMeanFold(layout) }

    /// How many contributions have been added.
    public var count: Int { mean.count }

    /// Throws what `add` would throw, and changes nothing.
    public func check(_ contribution: Contribution) throws(AggregationError) {
        try mean.check(contribution)
    }

    /// Adds contributions on so many threads, or none if one is refused.
    /// - Throws: `AggregationError`.
    public mutating func add(
        _ contributions: [Contribution], threads: Int
    ) throws(AggregationError) {
        try mean.add(contributions, threads: threads)
        self.contributions += contributions
    }

    /// The mean, and all contributions in the order of clients.
    /// - Throws: `AggregationError.noUpdates` when nothing has been added.
    public mutating func finish(threads: Int) throws(AggregationError) -> Aggregate {
        var aggregate = try mean.finish(threads: threads)
        aggregate.contributions = contributions.sorted { $0.client < $1.client }
        contributions = []
        return aggregate
    }
}
