import ArgumentParser
import Datasets
import Federation
import Foundation
import LocalTraining
import NeuralNetworks
import Tensors

/// `federated sweep`: every combination of settings, one CSV row each.
struct SweepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep", abstract: "Run every combination of settings, one CSV row each.",
        discussion: """
            Lists are separated by commas. Started again with the same output file, a sweep skips \
            what is already in it.
            """)

    @Option(
        help: ArgumentHelp("Experiments.", valueName: "list"),
        transform: { try Numbers.list($0, option: "--experiments") })
    var experiments = [1, 2, 3, 4]

    @Option(
        help: ArgumentHelp("Numbers of clients.", valueName: "list"),
        transform: { try Numbers.list($0, option: "--clients") })
    var clients = [5]

    @Option(
        help: ArgumentHelp("Local epochs.", valueName: "list"),
        transform: { try Numbers.list($0, option: "--epochs") })
    var epochs = [10]

    @Option(
        help: ArgumentHelp("Batch sizes.", valueName: "list"),
        transform: { try Numbers.list($0, option: "--batch-sizes") })
    var batchSizes = [8]

    @Option(
        help: ArgumentHelp("Learning rates.", valueName: "list"),
        transform: { try Numbers.list($0, option: "--learning-rates") })
    var learningRates: [Float] = [0.01]

    @Option(
        help: ArgumentHelp("Seeds.", valueName: "list"),
        transform: { try Numbers.list($0, option: "--seeds") })
    var seeds: [UInt64] = [1]

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("The CSV file.", valueName: "file"))
    var output = "Logs/sweep.csv"

    @Flag(help: "Keep the final weights in each log (25 MB); their file is there anyway.")
    var finalWeight = false

    func validate() throws {
        for (values, option) in [
            (clients, "--clients"), (epochs, "--epochs"), (batchSizes, "--batch-sizes"),
        ] {
            for value in values { try requirePositive(value, option) }
        }
        for rate in learningRates { try requireLearningRate(rate, "--learning-rates") }
        for number in experiments { _ = try requireExperiment(number, samples: common.samples) }
    }

    func run() throws {
        let console = Console(quiet: false)
        let directory = LogDirectory(URL(fileURLWithPath: common.logDir))
        try directory.checkWritable()
        let table = try SweepTable(URL(fileURLWithPath: output))
        let loaded = try loadDataset(common, console: console)
        for note in loaded.notes { console.line(note) }
        let combinations = try settings(dataset: loaded.dataset.name)
        let missing = combinations.filter { !table.contains($0) }
        console.line(
            "\(Text.plural(combinations.count, "combination")), "
                + "\(combinations.count - missing.count) already in \(output); "
                + "\(loaded.dataset.origin); \(common.threadCount) threads on "
                + Machine.description)
        let interruption = Interruption { SweepStop.shared.request() }
        defer { interruption.end() }
        for (index, settings) in missing.enumerated() {
            let run = try ExperimentRun(
                settings, dataset: loaded.dataset, threads: common.threadCount, onRound: { _, _ in }
            )
            console.transient("\(index + 1)/\(missing.count)  \(Self.name(settings))")
            let result = SweepStop.shared.run(run.federation)
            if case .interrupted = result.outcome {
                throw CommandFailure(
                    message: "interrupted; \(Text.plural(index, "new row")) in \(output), "
                        + "the same command goes on from there", status: 130)
            }
            let log = run.log(of: result)
            let path = try run.write(
                log, model: result.model, nested: finalWeight, to: directory)
            try table.append(settings, log: log, path: path.relativePath)
            let accuracy = (log.serverAccuracies.last ?? nil).map(Text.percent) ?? "–"
            console.line(
                "\(Text.pad("\(index + 1)/\(missing.count)", 8))  \(Self.name(settings))  "
                    + "\(accuracy)  \(Text.fixed(log.timings.totalSeconds, 1)) s"
                    + (log.outcome == "completed" ? "" : "  \(log.outcome)"))
        }
        console.line("rows are in \(output)")
    }

    /// Every combination, experiments slowest and seeds fastest.
    private func settings(dataset: String) throws -> [ExperimentSettings] {
        var all: [ExperimentSettings] = []
        for number in experiments {
            let experiment = try requireExperiment(number, samples: common.samples)
            for clients in clients {
                for epochs in epochs {
                    for batchSize in batchSizes {
                        for rate in learningRates {
                            for seed in seeds {
                                var settings = ExperimentSettings()
                                settings.experiment = experiment
                                settings.clients = clients
                                settings.rounds = common.rounds
                                settings.samples = common.samples
                                settings.epochs = Double(epochs)
                                settings.batchSize = .samples(batchSize)
                                settings.learningRate = rate
                                settings.seed = seed
                                settings.model = common.model
                                settings.targetAccuracy = common.targetAccuracy
                                settings.evaluationFraction = common.evaluationFraction
                                settings.fixedShards = common.fixedShards
                                settings.dataset = dataset
                                all.append(settings)
                            }
                        }
                    }
                }
            }
        }
        var seen = Set<ExperimentSettings>()
        return all.filter { seen.insert($0).inserted }
    }

    private static func name(_ settings: ExperimentSettings) -> String {
        "experiment \(settings.experiment.rawValue), \(Text.plural(settings.clients, "client")), "
            + "\(Text.plural(Int(settings.epochs ?? 0), "epoch")), batch \(settings.batchSize), "
            + "rate \(settings.learningRate), seed \(settings.seed)"
    }
}
