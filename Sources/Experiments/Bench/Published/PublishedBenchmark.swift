import Datasets
import Federation
import Platform
import Synchronization
import Tensors

/// Runs published settings as `federated run` does, and holds what they came to against what they say.
///
/// Without store and log: the time is that of the run, from settings and loaded data to the last round.
package struct PublishedBenchmark: Sendable {
    package let settings: [PublishedSetting]
    /// Fewer rounds than are published; nil for all.
    package let rounds: Int?
    package let threads: Int
    package let sources: PublishedSources

    package init(
        _ settings: [PublishedSetting], rounds: Int? = nil, threads: Int,
        sources: PublishedSources = PublishedSources()
    ) {
        self.settings = settings
        self.rounds = rounds
        self.threads = threads
        self.sources = sources
    }

    /// The figures of all rows, and what they were measured on.
    package struct Figures: Encodable, Sendable {
        package var version = LibraryVersion.text
        package var cpu = Machine.cpuName
        package var blasCore = BLAS.coreName
        package var simd = "\(SIMDLevel.current)"
        package var threads: Int
        package var rows: [Row]
    }

    /// What came of a setting.
    package struct Row: Encodable, Sendable {
        package var id: String
        package var title: String
        package var setting: String
        /// What it was run on, and what that stands for.
        package var data: String
        package var remarks: [String]
        package var parameters: Int
        package var clients: Int
        package var cohort: Int
        package var rounds: Int
        package var publishedRounds: Int
        /// Images that were trained on, repeats counted.
        package var trainingImages: Int
        /// Images that models were tested on, of all tests.
        package var testImages: Int
        /// Steps of the clients' optimisers.
        package var steps: Int
        /// From settings and loaded data to the first round.
        package var startSeconds: Double
        /// All of it, start and tests included.
        package var seconds: Double
        /// Without the start.
        package var secondsPerRound: Double
        /// Images trained on, by the time of all rounds with their tests.
        package var imagesPerSecond: Double
        /// Threads' time in local training.
        package var trainingThreadSeconds: Double
        /// Threads' time in tests.
        package var evaluationThreadSeconds: Double
        /// Of the threads' time, what went without work, 0…1: the mean over rounds.
        package var idleShare: Double
        /// Of the last model.
        package var accuracy: Double?
        /// Of the best of those that were tested.
        package var bestAccuracy: Double?
        package var published: [PublishedTime]
    }

    /// Runs all rows, one after the other.
    /// - Parameters:
    ///   - progress: told what is done.
    ///   - onRow: told of each row when it is there.
    package func measure(
        progress: @escaping @Sendable (String) -> Void, onRow: (Row) -> Void = { _ in }
    ) throws -> Figures {
        progress("reading what was given")
        try sources.check(settings, threads: threads)
        var rows: [Row] = []
        for setting in settings {
            progress("\(setting.id): reading or generating its data")
            let row = try measure(setting, progress)
            onRow(row)
            rows.append(row)
        }
        return Figures(threads: threads, rows: rows)
    }

    private func measure(
        _ setting: PublishedSetting, _ progress: @escaping @Sendable (String) -> Void
    ) throws -> Row {
        let (data, words) = try sources.load(setting, threads: threads)
        let begin = MonotonicClock.seconds()
        let run = try ExperimentRun(setting.spec(rounds: rounds), data: data, threads: threads)
        let opened = MonotonicClock.seconds()
        let total = run.spec.rounds
        let result = run.run { round in
            let accuracy = round.record.global.map { ", \(Text.percent($0.accuracy))" } ?? ""
            progress("\(setting.id): round \(round.record.round) of \(total)\(accuracy)")
        }
        let end = MonotonicClock.seconds()
        guard case .completed = result.outcome else {
            throw PublishedError.ended(setting: setting.id, outcome: "\(result.outcome)")
        }
        let done = PublishedCounts(run, result)
        try done.check(setting)
        let seen = run.progress.snapshot
        return Row(
            id: setting.id, title: setting.title, setting: setting.summary, data: words,
            remarks: setting.remarks, parameters: done.parameters, clients: done.clients,
            cohort: run.spec.cohortSize, rounds: total, publishedRounds: setting.settings.rounds,
            trainingImages: done.trainingImages, testImages: done.testImages, steps: done.steps,
            startSeconds: opened - begin, seconds: end - begin,
            secondsPerRound: (end - opened) / Double(total),
            imagesPerSecond: Double(done.trainingImages) / (end - opened),
            trainingThreadSeconds: seen.trainingSeconds,
            evaluationThreadSeconds: seen.evaluationSeconds,
            idleShare: run.log(of: result).timings.idleShare ?? 0,
            accuracy: result.finalAccuracy, bestAccuracy: result.bestAccuracy,
            published: setting.times)
    }
}
