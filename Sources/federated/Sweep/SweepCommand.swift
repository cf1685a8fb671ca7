import ArgumentParser
import Datasets
import Federation
import Foundation
import NeuralNetworks
import Synchronization
import Training

/// `federated sweep`: every combination of settings, one CSV row each.
struct SweepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep", abstract: "Run every combination of settings, one CSV row each.",
        discussion: """
            Takes every setting of federated run, by its name there, with one value or a list \
            separated by commas: --strategy fedavg,fedprox --mu 0.01,0.1 --seed 1,2,3. Flags take \
            true,false. A setting that only some of the strategies have is left out of the others'. \
            --dataset, --data-dir, --log-dir and --threads are the same for all combinations.

            A file of grids is a JSON object of settings and lists, {"mu": [0.01, 0.1], "seed": 1}, \
            or a list of such objects; null leaves a setting at its default.

            Rows are written as runs are over. Started again with the same output file, a sweep \
            skips what is already in it.
            """)

    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp("Settings of federated run and their values.", valueName: "settings"))
    var settings: [String] = []

    @Option(help: ArgumentHelp("A JSON file of grids of settings.", valueName: "file"))
    var grid: String?

    @Option(help: ArgumentHelp("The CSV file.", valueName: "file"))
    var output = "Logs/sweep.csv"

    @Option(
        help: ArgumentHelp(
            """
            Runs at once, which share the threads. (default: one a thread where each run trains on \
            at most 5 million images, else 1)
            """, valueName: "runs"))
    var jobs: Int?

    @Flag(help: "Keep the final weights in each log (25 MB); their file is there anyway.")
    var finalWeight = false

    func validate() throws {
        if let jobs { try requirePositive(jobs, "--jobs") }
    }

    func run() throws {
        try Ranks.requireOne("sweep")
        let combinations = try self.combinations()
        let common = combinations[0].options.common
        if let jobs, jobs > common.threadCount {
            throw ValidationError(
                "--jobs is \(jobs): there are \(Text.plural(common.threadCount, "thread"))")
        }
        let console = Console(quiet: false)
        let directory = LogDirectory(URL(fileURLWithPath: common.logDir))
        try directory.checkWritable()
        let table = try SweepTable(URL(fileURLWithPath: output))
        let loaded = try loadDataset(common, console: console)
        for note in loaded.notes { console.line(note) }
        let runs = try Self.distinct(combinations, dataset: loaded.dataset)
        let missing = runs.filter { !table.contains($0.settings, $0.inputs) }
        // What these data do not allow is refused before any has trained.
        for run in missing {
            _ = try run.settings.checked(
                on: loaded.dataset, threads: common.threadCount, for: .memory)
        }
        let sharing =
            jobs.map { SweepJobs($0, threads: common.threadCount) }
            ?? SweepJobs(
                for: missing.map(\.settings), trainingImages: loaded.dataset.train.count,
                threads: common.threadCount)
        console.line(
            "\(Text.plural(runs.count, "combination")), "
                + "\(runs.count - missing.count) already in \(output); "
                + "\(loaded.dataset.origin); \(Text.plural(common.threadCount, "thread")), "
                + "\(Text.plural(sharing.count, "run")) at once, on " + Machine.description)
        let work = SweepWork(
            runs: missing, dataset: loaded.dataset, sharing: sharing, table: table,
            directory: directory, keepsWeights: finalWeight, console: console)
        let interruption = Interruption { work.stop.request() }
        defer { interruption.end() }
        let done = try work.run()
        guard done == missing.count else {
            throw CommandFailure(
                message: "interrupted; \(Text.plural(done, "new row")) in \(output), "
                    + "the same command goes on from there", status: 130)
        }
        console.line("rows are in \(output)")
    }

    private func combinations() throws -> [SweepCombination] {
        let (typed, common) = try SweepGrid.reading(settings)
        let grids = try grid.map { try SweepGrid.reading(file: $0) } ?? [SweepGrid()]
        return try grids.flatMap { try $0.adding(typed).combinations(common: common) }
    }

    /// The runs, each once.
    private static func distinct(
        _ combinations: [SweepCombination], dataset: Dataset
    ) throws -> [SweepWork.Run] {
        var seen = Set<ExperimentSettings>()
        let data = dataset.fingerprint
        // The file of a partition is read once for all runs that it divides the data for.
        var divisions: [[String]: RunInputs] = [:]
        return try zip(combinations, SweepCombination.words(combinations)).compactMap {
            combination, words in
            let settings = try combination.options.settings(dataset: dataset.name)
            guard seen.insert(settings).inserted else { return nil }
            let division = ["\(settings.clients)", settings.partition?.description ?? ""]
            let inputs =
                try divisions[division]
                ?? RunInputs(settings, data: data, images: dataset.train)
            divisions[division] = inputs
            return SweepWork.Run(settings: settings, inputs: inputs, words: words)
        }
    }
}
