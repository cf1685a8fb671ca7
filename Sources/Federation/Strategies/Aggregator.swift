import Parameters

/// How a round's contributions become one.
public protocol Aggregator: Sendable, CustomStringConvertible {
    /// Whether its memory grows with the number of updates.
    var memory: AggregatorMemory { get }
    /// Why it can't be a part of that strategy, as a sentence's end; nil if it can.
    func problem(in strategy: Strategy) -> String?
    /// A fold of models with that layout that has nothing in it yet.
    func makeFold(_ layout: ParameterLayout) -> any Fold
}

extension Aggregator {
    /// None: it goes with any strategy.
    public func problem(in strategy: Strategy) -> String? { nil }
}

/// How much a fold remembers.
public enum AggregatorMemory: Hashable, Sendable {
    /// The same for one update and for a million.
    case constant
    /// All updates of a round.
    case perUpdate
}

/// One round's contributions on their way to an aggregate. What comes out is the same whatever the
/// order they are added in, however many at once, on however many threads.
public protocol Fold: Sendable {
    /// How many contributions have been added.
    var count: Int { get }
    /// Throws what `add` would throw, and changes nothing.
    func check(_ contribution: Contribution) throws(AggregationError)
    /// Adds contributions on so many threads, or none if one is refused.
    mutating func add(
        _ contributions: [Contribution], threads: Int
    ) throws(AggregationError)
    /// What came of them, on so many threads. Called once, at the end.
    /// - Throws: `AggregationError`, which ends the run: `.noUpdates` when nothing has been added.
    mutating func finish(threads: Int) throws(AggregationError) -> Aggregate
}

/// A fold that is a sum: processes that share a round add their parts up, and need not gather the
/// updates in one place.
public protocol SummingFold: Fold {
    /// What is known of a sum but for its words.
    associatedtype Totals: Codable, Sendable
    /// What is known of this sum but for its words.
    var totals: Totals { get }
    /// What is known of two processes' sums together.
    /// - Throws: `AggregationError.mergeOverflow`.
    static func adding(_ one: Totals, _ other: Totals) throws(AggregationError) -> Totals
    /// Adds what other processes have summed.
    ///
    /// Every process calls it on its own part with what is known of all parts together. Where
    /// `addingWords` leaves the words of all processes added up, the sum is the whole; elsewhere it is
    /// of no use any more.
    /// - Parameter addingWords: called for each row of words, the same rows everywhere.
    mutating func reduce(
        to whole: Totals, _ addingWords: (UnsafeMutableBufferPointer<Int64>) -> Void)
}

/// What came of a round's contributions.
public struct Aggregate: Sendable {
    /// In place of all clients' values, one.
    public var value: UpdateValue
    /// The same for what came beside it, by name.
    public var extras: [String: ParameterVector]
    /// Means of the contributions' numbers by their weights, summed in the order of clients.
    public var numbers: [String: Double]
    /// The sum of all weights.
    public var weight: Int
    /// How many contributions there were.
    public var count: Int
    /// What the round's record says of it, by name.
    public var metrics: [String: Double]
    /// What it came of, in the order of clients; empty where the aggregator does not keep them, as
    /// `Gathering` does.
    public var contributions: [Contribution]

    /// What came of a round.
    public init(
        value: UpdateValue, extras: [String: ParameterVector] = [:],
        numbers: [String: Double] = [:], weight: Int, count: Int,
        metrics: [String: Double] = [:], contributions: [Contribution] = []
    ) {
        self.value = value
        self.extras = extras
        self.numbers = numbers
        self.weight = weight
        self.count = count
        self.metrics = metrics
        self.contributions = contributions
    }
}
