import ArgumentParser
import Datasets
import Federation
import Foundation
import LocalTraining
import NeuralNetworks
import Tensors

/// `federated run`: one experiment from data to log.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run an experiment: a server and its clients in one process.",
        discussion: Experiment.allCases.map { "  experiment \($0)" }.joined(separator: "\n"))

    @Option(help: "Experiment: 1, 2, 3 or 4.")
    var experiment = 1

    @Option(help: "Clients.")
    var clients = 5

    @Option(help: "Local epochs a round.")
    var epochs = 10

    @Option(help: "Batch size.")
    var batchSize = 8

    @Option(help: "Learning rate of plain SGD.")
    var learningRate: Float = 0.01

    @Option(help: "Seed of everything random: the same seed gives the same bits.")
    var seed: UInt64 = 1

    @Option(help: "Operations: fused, or plain ones (im2col and OpenBLAS) that take longer.")
    var engine = Engine.fused

    @OptionGroup var common: CommonOptions

    @Flag(help: "Print nothing but the log's path.")
    var quiet = false

    @Flag(help: "Print the log as JSON, without its weights, and nothing else.")
    var json = false

    @Option(help: .hidden)
    var writeLogPath: String?

    func validate() throws {
        for (value, option) in [
            (clients, "--clients"), (epochs, "--epochs"), (batchSize, "--batch-size"),
        ] {
            try requirePositive(value, option)
        }
        try requireLearningRate(learningRate, "--learning-rate")
        _ = try requireExperiment(experiment, samples: common.samples)
    }

    func run() throws {
        let console = Console(quiet: quiet || json)
        let directory = LogDirectory(URL(fileURLWithPath: common.logDir))
        try directory.checkWritable()
        let loadStart = MonotonicClock.seconds()
        let loaded = try loadDataset(common, console: console)
        let settings = try settings(dataset: loaded.dataset.name)
        let display = RunDisplay(console, settings: settings)
        let run = try ExperimentRun(
            settings, dataset: loaded.dataset, threads: common.threadCount, loadStart: loadStart,
            onRound: { display.show($0) })
        display.begin(run, notes: loaded.notes)

        let interruption = Interruption { run.federation.stop() }
        let result = display.following(run.federation) { run.federation.run() }
        interruption.end()

        let log = try run.log(of: result)
        if case .interrupted = result.outcome, result.rounds.isEmpty {
            throw CommandFailure(
                message: "interrupted before the first round was over: there is nothing to log",
                status: 130)
        }
        let path = try run.write(log, model: result.model, nested: true, to: directory)
        display.end(log: log, path: path.relativePath)
        if json {
            var short = log
            short.finalWeight = .file(
                path.deletingPathExtension().appendingPathExtension("safetensors").lastPathComponent
            )
            Console.write(short.encoded() + [UInt8(ascii: "\n")])
        } else if quiet {
            print(path.relativePath)
        }
        if let writeLogPath {
            try Data(path.path.utf8).write(to: URL(fileURLWithPath: writeLogPath))
        }
        try Self.check(result, log: path.relativePath)
    }

    private func settings(dataset: String) throws -> ExperimentSettings {
        ExperimentSettings(
            experiment: try requireExperiment(experiment, samples: common.samples),
            clients: clients, rounds: common.rounds, samples: common.samples, epochs: epochs,
            batchSize: batchSize, learningRate: learningRate, seed: seed, model: common.model,
            targetAccuracy: common.targetAccuracy, evaluationFraction: common.evaluationFraction,
            fixedShards: common.fixedShards, dataset: dataset, engine: engine)
    }

    /// Turns an outcome that is none into the command's failure.
    private static func check(_ result: RunResult, log: String) throws {
        let rounds = result.rounds.count == 1 ? "1 round" : "\(result.rounds.count) rounds"
        switch result.outcome {
        case .completed, .reachedTarget:
            return
        case .interrupted:
            throw CommandFailure(
                message: "interrupted; the log of \(rounds) is \(log)", status: 130)
        case .diverged, .failed:
            throw CommandFailure(message: "\(result.outcome); the log of \(rounds) is \(log)")
        }
    }
}

/// Finds the data that the options ask for, saying what happens meanwhile.
func loadDataset(
    _ options: CommonOptions, console: Console
) throws -> LoadedDataset {
    // Generated digits are one data set: another seed for a run does not change its data.
    let locator = DatasetLocator(dataDirectory: options.dataDir, threads: options.threadCount)
    let choice = DatasetChoice(argument: options.dataset)
    let bar = FetchDisplay(console)
    defer { bar.end() }
    return try locator.load(choice) { bar.show($0) }
}
