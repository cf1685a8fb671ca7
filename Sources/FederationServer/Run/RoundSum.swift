import Federation
import Synchronization
import Tensors

/// The aggregate of one opened round. All contributions that come while a fold goes on are folded
/// together after it: the sum's words are then read and written once for several.
final class RoundSum: Sendable {
    private let strategy: Strategy
    private let workers: Workers
    private let aggregate: Mutex<RoundAggregate>
    private let line = Mutex(Line())

    private struct Line {
        var waiting: [Waiting] = []
        var isScheduled = false
    }

    private struct Waiting {
        var contribution: Contribution
        var answer: CheckedContinuation<AggregationError?, Never>
    }

    init(_ strategy: Strategy, layout: ParameterLayout, workers: Workers) {
        self.strategy = strategy
        self.workers = workers
        aggregate = Mutex(RoundAggregate(strategy, layout: layout))
    }

    /// What an update adds to a round that began with `state`. Changes nothing; may wait for a fold to
    /// end.
    /// - Throws: what adding it would.
    func contribution(
        of update: ModelUpdate, after state: FederationState, work: LocalWork
    ) throws(AggregationError) -> Contribution {
        let contribution = try strategy.contribution(of: update, after: state, work: work)
        try aggregate.withLock { (sum) throws(AggregationError) in try sum.check(contribution) }
        return contribution
    }

    /// Folds a contribution in, whole or not at all.
    /// - Returns: why not.
    func add(_ contribution: Contribution) async -> AggregationError? {
        await withCheckedContinuation { continuation in
            let mustSchedule = line.withLock { line in
                line.waiting.append(Waiting(contribution: contribution, answer: continuation))
                defer { line.isScheduled = true }
                return !line.isScheduled
            }
            if mustSchedule { workers.schedule { self.drain() } }
        }
    }

    /// What the federation knows after the round. Takes long.
    func next(
        after state: FederationState, population: Int
    ) throws(AggregationError) -> FederationState {
        try aggregate.withLock { (sum) throws(AggregationError) in
            try sum.next(after: state, population: population)
        }
    }

    private func drain() {
        while let batch = takeBatch() {
            let errors = fold(batch.map(\.contribution))
            for (waiting, error) in zip(batch, errors) { waiting.answer.resume(returning: error) }
        }
    }

    private func takeBatch() -> [Waiting]? {
        line.withLock { line in
            guard !line.waiting.isEmpty else {
                line.isScheduled = false
                return nil
            }
            defer { line.waiting = [] }
            return line.waiting
        }
    }

    private func fold(_ contributions: [Contribution]) -> [AggregationError?] {
        aggregate.withLock { sum in
            do throws(AggregationError) {
                try sum.add(contributions, threads: Workers.foldThreads)
                return contributions.map { _ in nil }
            } catch {
                // One is refused: the others are not to suffer for it.
                return contributions.map { contribution in
                    do throws(AggregationError) {
                        try sum.add([contribution])
                        return nil
                    } catch {
                        return error
                    }
                }
            }
        }
    }
}

extension ServedRun {
    /// An empty aggregate.
    func makeSum(_ workers: Workers) -> RoundSum {
        RoundSum(strategy, layout: layout, workers: workers)
    }
}
