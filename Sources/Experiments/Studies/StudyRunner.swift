import Datasets
import Federation
import Foundation
import Glibc
import Parameters
import Synchronization

/// Runs the cells of a study side by side, one thread each, and leaves finished runs in its table.
///
/// A cell's learning rate is chosen with the first seed: each candidate is run until it has reached the
/// target or cannot be better than the best so far. The other seeds then run with the best one. What a
/// run gives depends on its settings alone, so which thread runs it, and when, changes no row.
public final class StudyRunner: Sendable {
    private let data: RunData
    /// Whether rows that do not tell their data are MNIST's.
    private let trustsName: Bool
    private let table: StudyTable
    private let seeds: [UInt64]
    private let onEvent: @Sendable (Event) -> Void
    private let stopper = RunStop()
    private let failure = Mutex<(any Error)?>(nil)

    /// What happens meanwhile; said on the runs' threads.
    public enum Event: Sendable {
        /// A round of a run is committed; the words tell its cell, rate and seed.
        case committed(CommittedRound, of: Int, words: String)
        /// A run is over: what it measured, in words, and the seconds of a core that it took.
        case ended(words: String, measured: String, seconds: Double)
    }

    /// A runner that waits to be started.
    /// - Parameters:
    ///   - data: what the runs are run on.
    ///   - table: has finished runs, and gets those that are missing.
    ///   - trustsName: whether rows of earlier versions that do not tell their data are MNIST's.
    ///   - seeds: of each cell's runs; the first chooses the learning rate.
    public init(
        data: RunData, table: StudyTable, trustsName: Bool = false, seeds: [UInt64] = [1, 2, 3],
        onEvent: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        var data = data
        data.loadSeconds = 0
        self.data = data
        self.trustsName = trustsName
        self.table = table
        self.seeds = seeds
        self.onEvent = onEvent
    }

    /// Runs what is missing of the cells, `jobs` at once.
    /// - Returns: whether all of it was run, and not stopped before.
    public func run(_ cells: [StudyCell], jobs: Int) throws -> Bool {
        parallelFor(count: cells.count, threads: jobs) { worker, index in
            guard !stopper.isRequested else { return }
            do {
                try run(cells[index], worker)
            } catch {
                failure.withLock { $0 = $0 ?? error }
                stop()
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        return !stopper.isRequested
    }

    /// Ends all runs within a batch's time; finished ones are in the table.
    public func stop() { stopper.request() }

    // MARK: Cells

    private func run(_ cell: StudyCell, _ worker: Int) throws {
        guard let first = seeds.first else { return }
        var best: (rate: Float, value: Double)?
        for rate in cell.learningRates {
            // A candidate that needs more rounds than the best so far need not finish.
            var limit = cell.settings.rounds
            if case .rounds = cell.measure, let best {
                limit = min(limit, Int(best.value.rounded(.up)))
            }
            guard let row = try run(cell, worker, seed: first, rate: rate, limit: limit) else {
                return
            }
            guard let value = cell.measure.value(of: row.accuracies) else { continue }
            if best.map({ cell.measure.isBetter(value, than: $0.value) }) ?? true {
                best = (rate, value)
            }
        }
        // Where no rate got there with the first seed, the first rate stands for the cell.
        let rate = best?.rate ?? cell.learningRates[0]
        for seed in seeds.dropFirst() {
            let limit = cell.settings.rounds
            guard try run(cell, worker, seed: seed, rate: rate, limit: limit) != nil else { return }
        }
    }

    /// - Returns: the run's row, old or new; nil if it was stopped.
    private func run(
        _ cell: StudyCell, _ worker: Int, seed: UInt64, rate: Float, limit: Int
    ) throws -> StudyTable.Row? {
        let fingerprint = RunInputs.text(data.source.fingerprint)
        let known = table.rows.first {
            $0.isOf(fingerprint, trustsName: trustsName) && $0.isOf(cell) && $0.seed == seed
                && $0.learningRate == rate
                && ($0.limit >= limit || cell.measure.value(of: $0.accuracies) != nil)
        }
        if let known { return known }
        guard !stopper.isRequested else { return nil }
        var settings = cell.settings
        settings.seed = seed
        settings.learningRate = rate
        settings.rounds = limit
        settings.dataset = data.dataset.name
        let words = "\(cell.name), rate \(rate), seed \(seed)"
        let start = Self.processorSeconds()
        let run = try ExperimentRun(settings, data: data, threads: 1)
        let result = stopper.run(run, worker: worker) { [onEvent] round in
            onEvent(.committed(round, of: limit, words: words))
        }
        if case .interrupted = result.outcome { return nil }
        let seconds = Self.processorSeconds() - start
        let row = StudyTable.Row(
            cell: cell.name, seed: seed, learningRate: rate, limit: limit,
            outcome: Self.word(result.outcome),
            accuracies: result.rounds.compactMap { $0.record.global?.accuracy },
            seconds: seconds,
            imagesPerSecond: Double(run.progress.snapshot.imagesTrained) / seconds,
            data: fingerprint, settings: cell.fingerprint)
        try table.append(row)
        let value = cell.measure.value(of: row.accuracies).map(cell.measure.text)
        onEvent(
            .ended(words: words, measured: value ?? "not in \(limit) rounds", seconds: seconds))
        return row
    }

    /// What this thread has had of a processor: a run's time, whatever else the machine was doing.
    private static func processorSeconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }

    /// A word that needs no quotes in a CSV.
    private static func word(_ outcome: Outcome) -> String {
        switch outcome {
        case .completed: "completed"
        case .reachedTarget: "reached target"
        case .noProgress: "no progress"
        case .interrupted: "interrupted"
        case .diverged: "diverged"
        case .failed: "failed"
        }
    }
}
