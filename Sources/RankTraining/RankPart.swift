import Federation
import Parameters

/// What a rank has made of a round.
struct RankPart: Sendable {
    var report = TrainingReport()
    /// The sum of its clients' contributions; nil where they can't be summed where they are made.
    var sum: (any SummingFold)?
    /// Those that can't.
    private(set) var contributions: [Contribution] = []

    /// Nothing yet.
    init(_ strategy: Strategy, layout: ParameterLayout) {
        sum = strategy.aggregator.makeFold(layout) as? any SummingFold
    }

    /// Adds a contribution, or says why it does not take it.
    mutating func add(_ contribution: Contribution) -> AggregationError? {
        guard sum != nil else {
            contributions.append(contribution)
            return nil
        }
        do throws(AggregationError) {
            try sum?.add([contribution], threads: 1)
            return nil
        } catch {
            return error
        }
    }
}

/// What is known of all ranks' sums together; nil where they are not to be added up.
private struct SumOrder<Totals: Codable>: Codable {
    var whole: Totals?
}

extension Communicator {
    /// Adds all ranks' sums up: rank 0's is the whole afterwards, the others' are of no use any
    /// more.
    /// - Parameter isWanted: looked at on rank 0 only: whether to do so.
    /// - Returns: on rank 0, why the sums can't be added up; they are then as before.
    package func reduce<Sum: SummingFold>(
        _ part: inout Sum, isWanted: Bool = true
    ) -> AggregationError? {
        let parts = gather(value: part.totals)
        var order = SumOrder<Sum.Totals>()
        var failure: AggregationError?
        if rank == 0, isWanted {
            do throws(AggregationError) {
                var whole = parts[0]
                for other in parts.dropFirst() { whole = try Sum.adding(whole, other) }
                order.whole = whole
            } catch {
                failure = error
            }
        }
        if let whole = broadcast(value: order).whole { part.reduce(to: whole, sum) }
        return failure
    }

    /// Brings contributions to rank 0, one of each rank at a time.
    /// - Parameters:
    ///   - own: this rank's; those of rank 0 are there.
    ///   - steps: how many the rank with the most has; looked at on rank 0 only.
    ///   - body: called on rank 0 with what has come.
    func gather(
        _ own: [Contribution], steps: Int = 0, _ body: (Contribution) -> Void = { _ in }
    ) {
        for step in 0..<broadcast(value: steps) {
            let message = rank > 0 && step < own.count ? own[step].bytes : []
            for bytes in gather(message) where !bytes.isEmpty { body(Contribution(bytes: bytes)) }
        }
    }
}
