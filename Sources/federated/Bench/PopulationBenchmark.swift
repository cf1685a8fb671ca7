import Datasets
import Federation
import Foundation
import NeuralNetworks
import Platform
import Synchronization
import Training

/// What a run costs as its population grows and its cohort does not: experiment 2, clients' models not
/// tested.
struct PopulationBenchmark {
    let model: NamedModel
    let engine: Engine
    let threads: Int
    /// How often a run of each population is made.
    let repeats: Int
    /// Rounds of each that count; the first, which finds memory nobody has used, does not.
    let rounds: Int

    private static let populations = [1000, 10_000, 100_000, 1_000_000]
    private static let cohort = 100
    private static let samples = 50

    /// Medians.
    struct Figures: Encodable {
        var model: String
        var threads: Int
        var cohort: Int
        var samples: Int
        var repeats: Int
        var roundsOfEach: Int
        var rows: [Row]

        struct Row: Encodable {
            var clients: Int
            /// From settings and loaded data to the first client's training.
            var startSeconds: Double
            var roundSeconds: Double
            /// Most that the process had at the end of such a run.
            var residentBytes: Int
        }
    }

    /// Populations take turns, each time another first.
    func measure(progress: (String) -> Void) throws -> Figures {
        progress("generating digits")
        let dataset = GeneratedDigits.dataset(testCount: Self.cohort, threads: threads)
        var starts = [[Double]](repeating: [], count: Self.populations.count)
        var seconds = starts
        var memory = [Int](repeating: 0, count: Self.populations.count)
        for turn in 0..<repeats {
            for place in Self.populations.indices {
                let index = (place + turn) % Self.populations.count
                let clients = Self.populations[index]
                progress("repeat \(turn + 1) of \(repeats), \(Text.count(clients)) clients")
                let found = try run(clients, dataset)
                starts[index].append(found.start)
                seconds[index] += found.rounds
                memory[index] = max(memory[index], found.residentBytes)
            }
        }
        return Figures(
            model: model.rawValue, threads: threads, cohort: Self.cohort, samples: Self.samples,
            repeats: repeats, roundsOfEach: rounds * repeats,
            rows: Self.populations.indices.map { index in
                Figures.Row(
                    clients: Self.populations[index], startSeconds: starts[index].median,
                    roundSeconds: seconds[index].median, residentBytes: memory[index])
            })
    }

    private func settings(_ clients: Int) -> ExperimentSettings {
        var settings = ExperimentSettings()
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
        _ clients: Int, _ dataset: Dataset
    ) throws -> (start: Double, rounds: [Double], residentBytes: Int) {
        let ends = Mutex<[Double]>([])
        let begin = MonotonicClock.seconds()
        let run = try ExperimentRun(
            settings(clients), dataset: dataset, threads: threads,
            onRound: { _, _ in ends.withLock { $0.append(MonotonicClock.seconds()) } })
        let result = run.run()
        guard case .completed = result.outcome, let first = result.rounds.first else {
            throw CommandFailure(message: "a run of \(clients) clients \(result.outcome)")
        }
        let moments = ends.withLock { $0 }
        return (
            moments[0] - first.seconds - begin,
            zip(moments.dropFirst(), moments).map { $0 - $1 },
            withExtendedLifetime(run) { Machine.residentBytes }
        )
    }
}

extension PopulationBenchmark.Figures {
    /// The lines that people read.
    var lines: [String] {
        let first = rows.first?.roundSeconds ?? 0
        return [
            "  rounds of \(cohort) clients with \(samples) samples each, \(model), "
                + "\(Text.plural(threads, "thread")); medians of \(roundsOfEach) interleaved rounds",
            "     clients   start s    round s   to the first   memory MB",
        ]
            + rows.map { row in
                Text.pad(Text.count(row.clients), 12)
                    + Text.pad(Text.fixed(row.startSeconds, 4), 10)
                    + Text.pad(Text.fixed(row.roundSeconds, 4), 11)
                    + Text.pad(Text.fixed(row.roundSeconds / first, 3), 15)
                    + Text.pad(Text.fixed(Double(row.residentBytes) / 1e6, 0), 12)
            }
    }
}

extension Machine {
    /// Memory that this process has in use; 0 where the system does not say.
    static var residentBytes: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
            return 0
        }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }
}
