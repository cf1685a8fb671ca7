import Datasets
import Federation
import Parameters
import Synchronization
import Training

/// The runs that a sweep has to do, side by side. What comes of a run does not depend on those beside
/// it, nor on its threads.
final class SweepWork: Sendable {
    /// One of them.
    struct Run: Sendable {
        let settings: ExperimentSettings
        let inputs: RunInputs
        /// What tells it from the others.
        let words: String
    }

    /// Ends all.
    let stop = RunStop()

    private let runs: [Run]
    private let dataset: Dataset
    private let sharing: SweepJobs
    private let table: SweepTable
    private let directory: LogDirectory
    private let keepsWeights: Bool
    private let console: Console
    private let state = Mutex(State())

    private struct State: Sendable {
        var done = 0
        var failure: (any Error)?
    }

    /// - Parameters:
    ///   - table: where rows go, as runs are over.
    ///   - directory: where logs and models go.
    ///   - keepsWeights: whether logs have the final weights, too.
    init(
        runs: [Run], dataset: Dataset, sharing: SweepJobs, table: SweepTable,
        directory: LogDirectory, keepsWeights: Bool, console: Console
    ) {
        self.runs = runs
        self.dataset = dataset
        self.sharing = sharing
        self.table = table
        self.directory = directory
        self.keepsWeights = keepsWeights
        self.console = console
    }

    /// Does the runs in order, as many at once as share the threads, and returns how many are done:
    /// all, unless they were stopped.
    /// - Throws: the first error that a run ended with; the others are stopped.
    func run() throws -> Int {
        parallelFor(count: runs.count, threads: sharing.count) { worker, index in
            guard !stop.isRequested else { return }
            do {
                try run(runs[index], worker: worker)
            } catch {
                state.withLock { $0.failure = $0.failure ?? error }
                stop.request()
            }
        }
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.done
        }
    }

    private func run(_ run: Run, worker: Int) throws {
        let experiment = try ExperimentRun(
            run.settings, dataset: dataset, fingerprint: run.inputs.data,
            threads: sharing.threads(ofWorker: worker),
            onRound: { _, _ in })
        let running = state.withLock { $0.done + 1 }
        console.transient("\(running)/\(runs.count)  \(run.words)")
        let result = stop.run(experiment.federation, worker: worker)
        if case .interrupted = result.outcome { return }
        let log = experiment.log(of: result)
        let path = try experiment.write(
            log, model: result.model, nested: keepsWeights, to: directory)
        try table.append(
            run.settings, experiment.inputs, log: log, path: path.relativePath)
        let accuracy = log.serverAccuracies.compactMap(\.self).last.map(Text.percent) ?? "–"
        let cells = [
            run.words, accuracy, "\(Text.fixed(log.timings.totalSeconds, 1)) s",
            log.outcome == "completed" ? "" : log.outcome,
        ]
        let rest = cells.filter { !$0.isEmpty }.joined(separator: "  ")
        state.withLock { state in
            state.done += 1
            console.line("\(Text.pad("\(state.done)/\(runs.count)", 8))  \(rest)")
        }
    }
}
