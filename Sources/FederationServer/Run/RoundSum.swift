import Federation
import Synchronization
import Tensors

/// The aggregate of one opened round, whatever the strategy.
protocol RoundSum: Sendable {
    /// Throws what adding it would, and changes nothing. May wait for a fold to end.
    func check(_ update: ModelUpdate) throws(AggregationError)
    /// Folds an update in, whole or not at all.
    /// - Returns: why not.
    func add(_ update: ModelUpdate) async -> AggregationError?
    /// The next global model. Takes long.
    func nextModel(after model: ParameterVector) throws(AggregationError) -> ParameterVector
}

/// Folds updates by one strategy. All that come while a fold goes on are folded together after it:
/// the sum's words are then read and written once for several.
private final class StrategySum<Chosen: Strategy>: RoundSum {
    private let strategy: Chosen
    private let workers: Workers
    private let aggregate: Mutex<Chosen.Aggregator>
    private let line = Mutex(Line())

    private struct Line {
        var waiting: [Waiting] = []
        var isScheduled = false
    }

    private struct Waiting {
        var update: ModelUpdate
        var answer: CheckedContinuation<AggregationError?, Never>
    }

    init(_ strategy: Chosen, layout: ParameterLayout, workers: Workers) {
        self.strategy = strategy
        self.workers = workers
        aggregate = Mutex(strategy.makeAggregator(layout: layout))
    }

    func check(_ update: ModelUpdate) throws(AggregationError) {
        try aggregate.withLock { (sum) throws(AggregationError) in try sum.check(update) }
    }

    func add(_ update: ModelUpdate) async -> AggregationError? {
        await withCheckedContinuation { continuation in
            let mustSchedule = line.withLock { line in
                line.waiting.append(Waiting(update: update, answer: continuation))
                defer { line.isScheduled = true }
                return !line.isScheduled
            }
            if mustSchedule { workers.schedule { self.drain() } }
        }
    }

    func nextModel(after model: ParameterVector) throws(AggregationError) -> ParameterVector {
        try aggregate.withLock { (sum) throws(AggregationError) in
            try strategy.nextModel(after: model, aggregate: &sum)
        }
    }

    private func drain() {
        while let batch = takeBatch() {
            let errors = fold(batch.map(\.update))
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

    private func fold(_ updates: [ModelUpdate]) -> [AggregationError?] {
        aggregate.withLock { sum in
            do throws(AggregationError) {
                try sum.add(contentsOf: updates, threads: Workers.foldThreads)
                return updates.map { _ in nil }
            } catch {
                // One is refused: the others are not to suffer for it.
                return updates.map { update in
                    do throws(AggregationError) {
                        try sum.add(update)
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
    func makeSum(_ workers: Workers) -> any RoundSum {
        func make(_ strategy: some Strategy) -> any RoundSum {
            StrategySum(strategy, layout: layout, workers: workers)
        }
        return make(strategy)
    }
}
