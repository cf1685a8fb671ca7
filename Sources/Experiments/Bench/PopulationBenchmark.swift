import Datasets
import Federation
import Foundation
import NeuralNetworks
import Platform
import Synchronization

/// What a run costs as its population grows and its cohort does not: experiment 2, clients' models not
/// tested.
package struct PopulationBenchmark {
    package let model: ModelChoice
    package let engine: Engine
    package let threads: Int
    /// How often a run of each population is made.
    package let repeats: Int
    /// Rounds of each that count; the first, which finds memory nobody has used, does not.
    package let rounds: Int

    package init(model: ModelChoice, engine: Engine, threads: Int, repeats: Int, rounds: Int) {
        self.model = model
        self.engine = engine
        self.threads = threads
        self.repeats = repeats
        self.rounds = rounds
    }

    private static let populations = [1000, 10_000, 100_000, 1_000_000]
    private static let cohort = 100
    private static let samples = 50

    /// Medians.
    package struct Figures: Encodable {
        package var model: String
        package var threads: Int
        package var cohort: Int
        package var samples: Int
        package var repeats: Int
        package var roundsOfEach: Int
        package var rows: [Row]

        package struct Row: Encodable {
            package var clients: Int
            /// From settings and loaded data to the first client's training.
            package var startSeconds: Double
            package var roundSeconds: Double
            /// Most that the process had at the end of such a run.
            package var residentBytes: Int
        }
    }

    /// Populations take turns, each time another first.
    package func measure(progress: (String) -> Void) throws -> Figures {
        progress("generating digits")
        let data = RunData(GeneratedDigits.dataset(testCount: Self.cohort, threads: threads))
        var starts = [[Double]](repeating: [], count: Self.populations.count)
        var seconds = starts
        var memory = [Int](repeating: 0, count: Self.populations.count)
        for turn in 0..<repeats {
            for place in Self.populations.indices {
                let index = (place + turn) % Self.populations.count
                let clients = Self.populations[index]
                progress("repeat \(turn + 1) of \(repeats), \(Text.count(clients)) clients")
                let found = try run(clients, data)
                starts[index].append(found.start)
                seconds[index] += found.rounds
                memory[index] = max(memory[index], found.residentBytes)
            }
        }
        return Figures(
            model: model.name, threads: threads, cohort: Self.cohort, samples: Self.samples,
            repeats: repeats, roundsOfEach: rounds * repeats,
            rows: Self.populations.indices.map { index in
                Figures.Row(
                    clients: Self.populations[index], startSeconds: starts[index].median,
                    roundSeconds: seconds[index].median, residentBytes: memory[index])
            })
    }

    private func settings(_ clients: Int) -> RunSpec {
        var settings = RunSpec()
        settings.experiment = .equalRandom
        settings.clients = clients
        settings.cohort = .count(Self.cohort)
        settings.samples = Self.samples
        settings.epochs = 1
        settings.rounds = rounds + 1
        settings.model = model
        settings.engine = engine
        settings.noClientEvaluation = true
        return settings
    }

    private func run(
        _ clients: Int, _ data: RunData
    ) throws -> (start: Double, rounds: [Double], residentBytes: Int) {
        let ends = Mutex<[Double]>([])
        let begin = MonotonicClock.seconds()
        let run = try ExperimentRun(settings(clients), data: data, threads: threads)
        let result = run.run { _ in ends.withLock { $0.append(MonotonicClock.seconds()) } }
        guard case .completed = result.outcome, let first = result.rounds.first else {
            throw BenchmarkError.ended(clients: clients, outcome: "\(result.outcome)")
        }
        let moments = ends.withLock { $0 }
        return (
            moments[0] - first.seconds - begin,
            zip(moments.dropFirst(), moments).map { $0 - $1 },
            withExtendedLifetime(run) { Machine.residentBytes }
        )
    }
}
