import Tensors

/// Folds the updates of one round, in any order, into what the strategy needs of them.
public protocol UpdateAggregator: Sendable {
    /// How many updates have been added.
    var updateCount: Int { get }
    /// Throws what `add` would throw, and changes nothing.
    func check(_ update: ModelUpdate) throws(AggregationError)
    /// Adds an update; one that is refused changes nothing.
    mutating func add(_ update: ModelUpdate) throws(AggregationError)
    /// Adds many updates at once on so many threads, or none if one is refused.
    mutating func add(
        contentsOf updates: [ModelUpdate], threads: Int
    ) throws(AggregationError)
    /// Adds what another aggregator of the same strategy and round has folded.
    mutating func merge(_ other: Self) throws(AggregationError)
    /// The weighted mean of the models that were added.
    mutating func mean() throws(AggregationError) -> ParameterVector
}

extension ExactAccumulator: UpdateAggregator {}

/// A federated algorithm as a value: its server half says how updates become the next model.
///
/// Client halves (a proximal term, control variates) and server optimisers join as further
/// requirements with a default that does nothing.
public protocol Strategy: Sendable {
    /// What folds a round's updates.
    associatedtype Aggregator: UpdateAggregator

    /// As it stands in the log: "FedAvg".
    var name: String { get }
    /// An empty aggregator for one round of models with that layout.
    func makeAggregator(layout: ParameterLayout) -> Aggregator
    /// The global model after a round, from the one before it and the round's aggregate.
    /// - Throws: `AggregationError.noUpdates` when nothing has been added.
    func nextModel(
        after model: ParameterVector, aggregate: inout Aggregator
    ) throws(AggregationError) -> ParameterVector
}

/// Federated averaging: w_{t+1} = Σ_k n_k / n · w^k_{t+1}, with n = Σ_k n_k over the round's cohort.
///
/// Source: McMahan, Moore, Ramage, Hampson and Agüera y Arcas, "Communication-efficient learning of
/// deep networks from decentralized data", AISTATS 2017, Algorithm 1.
public struct FederatedAveraging: Strategy, Hashable {
    public init() {}

    public var name: String { "FedAvg" }

    public func makeAggregator(layout: ParameterLayout) -> ExactAccumulator {
        ExactAccumulator(layout: layout)
    }

    public func nextModel(
        after model: ParameterVector, aggregate: inout ExactAccumulator
    ) throws(AggregationError) -> ParameterVector {
        try aggregate.mean()
    }
}
