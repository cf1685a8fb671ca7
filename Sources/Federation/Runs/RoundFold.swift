import Parameters
import Synchronization

/// The fold of one opened round, which any thread may work on, one at a time. It is made when it is
/// first needed: that takes a while for large models, and is no work of the run machine's.
public final class RoundFold: Sendable {
    private let make: @Sendable () -> any Fold
    private let fold: Mutex<(any Fold)?>

    /// An empty fold.
    public init(_ strategy: Strategy, layout: ParameterLayout) {
        make = { strategy.aggregator.makeFold(layout) }
        fold = Mutex(nil)
    }

    /// One that was made elsewhere.
    init(_ whole: any Fold) {
        make = { preconditionFailure("a fold that was handed in is always there") }
        fold = Mutex(whole)
    }

    /// Throws what folding a contribution in would throw now, and changes nothing.
    public func check(_ contribution: Contribution) throws(AggregationError) {
        try withFold { (fold) throws(AggregationError) in try fold.check(contribution) }
    }

    func withFold<Value: Sendable>(
        _ body: (inout any Fold) throws(AggregationError) -> Value
    ) throws(AggregationError) -> Value {
        let result: Result<Value, AggregationError> = fold.withLock { slot in
            // Taken out, so that what changes it is its only owner.
            var fold = slot.take() ?? make()
            defer { slot = fold }
            return Result { () throws(AggregationError) in try body(&fold) }
        }
        return try result.get()
    }
}

/// An order to fold contributions in.
public struct FoldWork: Sendable {
    let fold: RoundFold
    let contributions: [Contribution]
    /// The round.
    public let round: Int

    /// Folds them in on so many threads, each whole or not at all.
    public func run(threads: Int) -> FoldOutcome {
        var outcome = FoldOutcome(round: round)
        let all = contributions
        do throws(AggregationError) {
            try fold.withFold { (fold) throws(AggregationError) in
                try fold.add(all, threads: threads)
            }
            outcome.folded = all.map(\.client)
        } catch {
            // One is refused: the others are not to suffer for it.
            for contribution in all {
                do throws(AggregationError) {
                    try fold.withFold { (fold) throws(AggregationError) in
                        try fold.add([contribution], threads: threads)
                    }
                    outcome.folded.append(contribution.client)
                } catch {
                    outcome.refused.append((contribution.client, error))
                }
            }
        }
        return outcome
    }
}

/// What came of an order to fold.
public struct FoldOutcome: Sendable {
    var round: Int
    var folded: [Int] = []
    var refused: [(client: Int, error: AggregationError)] = []
}

/// An order to make the next state of a round's fold.
public struct AggregationWork: Sendable {
    let fold: RoundFold
    let strategy: Strategy
    let state: FederationState
    let context: RoundContext
    let layout: ParameterLayout
    /// The round.
    public var round: Int { context.round }

    /// Does so on so many threads.
    public func run(threads: Int) -> AggregationOutcome {
        let result = Result { () throws(AggregationError) in
            try fold.withFold { (fold) throws(AggregationError) in
                try strategy.next(
                    &fold, after: state, context, layout: layout, threads: threads)
            }
        }
        return AggregationOutcome(round: round, result: result)
    }
}

/// What came of an order to aggregate.
public struct AggregationOutcome: Sendable {
    var round: Int
    var result: Result<(state: FederationState, metrics: [String: Double]), AggregationError>
}
