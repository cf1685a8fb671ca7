import Federation
import Foundation
import Parameters
import Platform
import Synchronization
import Training

/// Many runs on the same data, side by side. What comes of a run does not depend on those beside it, nor
/// on its threads.
///
/// ```
/// let specs = (1...5).map { seed in var spec = RunSpec(); spec.seed = seed; return spec }
/// let results = try Sweep(specs, data: .load("digits")).run()
/// print(Spread(results.compactMap(\.finalAccuracy)))
/// ```
public final class Sweep: Sendable {
    /// One of the runs.
    public struct Run: Sendable {
        /// What is run.
        public let spec: RunSpec
        /// What it reads; nil before that is known.
        package let inputs: RunInputs?
        /// What tells it from the others.
        public let words: String

        /// A run of a sweep.
        public init(_ spec: RunSpec, words: String) {
            self.init(spec, inputs: nil, words: words)
        }

        package init(_ spec: RunSpec, inputs: RunInputs?, words: String) {
            self.spec = spec
            self.inputs = inputs
            self.words = words
        }
    }

    /// What came of a run.
    public struct Finished: Sendable {
        /// The run.
        public let run: Run
        /// Its log, without the final model.
        public let log: RunLog
        /// How many of the sweep's runs were done with it.
        public let position: Int
        /// How long the others will take, by the images that they train on; nil with the last.
        public let secondsLeft: Double?

        /// The accuracy after the last round that was tested, 0…1; nil if none was.
        public var finalAccuracy: Double? { log.serverAccuracies.compactMap(\.self).last }
        /// The best of all rounds; nil if none was tested.
        public var bestAccuracy: Double? { log.serverAccuracies.compactMap(\.self).max() }

        /// In one line: what tells the run from others, accuracy, seconds, and how it ended.
        package var words: String {
            [
                run.words, finalAccuracy.map(log.score.named) ?? "–",
                "\(Text.fixed(log.timings.totalSeconds, 1)) s",
                log.outcome == "completed" ? "" : log.outcome,
                secondsLeft.map { "\(Text.duration($0)) left" } ?? "",
            ].filter { !$0.isEmpty }.joined(separator: "  ")
        }
    }

    /// What happens meanwhile; said on the runs' threads, one at a time.
    public enum Event: Sendable {
        /// A run begins; how many are done or under way with it.
        case began(Run, position: Int)
        /// A run is over.
        case ended(Finished)
    }

    private let runs: [Run]
    private let data: RunData
    private let sharing: SweepJobs
    private let table: SweepTable?
    private let logs: LogDirectory?
    private let keepsWeights: Bool
    private let live: LiveRuns?
    private let track: @Sendable (ExperimentRun, Run) -> (any RunTracker)?
    private let stopper = RunStop()
    private let state: Mutex<State>

    private struct State: Sendable {
        var done = 0
        var imagesDone = 0.0
        var began: ContinuousClock.Instant?
        var finished: [Finished?]
        var failure: (any Error)?
    }

    /// A sweep that waits to be started.
    /// - Parameters:
    ///   - data: what all of them are run on.
    ///   - sharing: how many run at once; nil for what suits their size and the machine's cores.
    ///   - table: gets a row of each run that is over; nil for none.
    ///   - logs: where logs and models go; nil for nowhere.
    ///   - keepsWeights: whether logs have the final weights, too.
    ///   - live: told what happens, for a page; nil for nobody.
    public convenience init(
        _ runs: [Run], data: RunData, sharing: SweepJobs? = nil, table: SweepTable? = nil,
        logs: LogDirectory? = nil, keepsWeights: Bool = false, live: LiveRuns? = nil
    ) {
        self.init(
            runs, data: data, sharing: sharing, table: table, logs: logs,
            keepsWeights: keepsWeights, live: live, track: { _, _ in nil })
    }

    /// The same, whose runs are tracked.
    /// - Parameter track: makes the tracker of a run that begins.
    package init(
        _ runs: [Run], data: RunData, sharing: SweepJobs?, table: SweepTable?,
        logs: LogDirectory?, keepsWeights: Bool, live: LiveRuns?,
        track: @escaping @Sendable (ExperimentRun, Run) -> (any RunTracker)?
    ) {
        self.runs = runs
        self.data = data
        self.sharing =
            sharing
            ?? SweepJobs(
                for: runs.map(\.spec), trainingImages: data.dataset.train.count,
                threads: availableProcessorCount())
        self.table = table
        self.logs = logs
        self.keepsWeights = keepsWeights
        self.live = live
        self.track = track
        state = Mutex(State(finished: runs.map { _ in nil }))
    }

    /// A sweep of these specifications on the same data, with neither table nor logs.
    public convenience init(_ specs: [RunSpec], data: RunData) {
        self.init(
            specs.enumerated().map { Run($0.element, words: "run \($0.offset + 1)") }, data: data)
    }

    /// Does the runs, as many at once as share the threads; to be called once.
    /// - Returns: what came of each, in the order of the runs; fewer where they were stopped.
    /// - Throws: the first error that a run ended with; the others are stopped.
    public func run(onEvent: @escaping @Sendable (Event) -> Void = { _ in }) throws -> [Finished] {
        for (index, run) in runs.enumerated() {
            live?.plan(
                "\(index + 1)", title: run.words,
                log: RunLog(
                    clientNumber: run.spec.clients, experiment: run.spec.experimentNumber,
                    maxRound: run.spec.rounds))
        }
        state.withLock { $0.began = .now }
        parallelFor(count: runs.count, threads: sharing.count) { worker, index in
            guard !stopper.isRequested else { return }
            do {
                try run(index, worker: worker, onEvent)
            } catch {
                state.withLock { $0.failure = $0.failure ?? error }
                stopper.request()
            }
        }
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.finished.compactMap(\.self)
        }
    }

    /// A run's share of the work.
    private func images(_ run: Run) -> Double {
        SweepJobs.images(run.spec, trainingImages: data.dataset.train.count)
    }

    private func secondsLeft(_ state: State) -> Double? {
        guard state.done < runs.count, let began = state.began, state.imagesDone > 0 else {
            return nil
        }
        let left = max(0, runs.reduce(0) { $0 + images($1) } - state.imagesDone)
        return (ContinuousClock.now - began) / .seconds(1) * left / state.imagesDone
    }

    /// Ends all within a batch's time; what is over is kept.
    public func stop() { stopper.request() }

    private func run(
        _ index: Int, worker: Int, _ onEvent: @Sendable (Event) -> Void
    ) throws {
        let run = runs[index]
        // Reading the data is no part of any of them.
        var data = data
        data.loadSeconds = 0
        let experiment = try ExperimentRun(
            run.spec, data: data, threads: sharing.threads(ofWorker: worker))
        state.withLock { onEvent(.began(run, position: $0.done + 1)) }
        let id = "\(index + 1)"
        live?.begin(id, title: run.words, experiment)
        let tracker = track(experiment, run)
        let result = stopper.run(experiment, worker: worker) { [live] in
            live?.note(id, $0)
            tracker?.note($0)
        }
        tracker?.end(result.outcome)
        let log = experiment.log(of: result)
        live?.end(id, log)
        if case .interrupted = result.outcome { return }
        let file = try logs.map {
            try experiment.write(log, model: result.model, nested: keepsWeights, to: $0)
        }
        try table?.append(
            run.spec, experiment.inputs, log: log, name: run.words, path: file?.relativePath ?? "")
        state.withLock { state in
            state.done += 1
            state.imagesDone += images(run)
            let done = Finished(
                run: run, log: log, position: state.done, secondsLeft: secondsLeft(state))
            state.finished[index] = done
            onEvent(.ended(done))
        }
    }
}
