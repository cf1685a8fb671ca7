import ArgumentParser
import Datasets
import Foundation
import NeuralNetworks
import Tensors

extension NamedModel: ExpressibleByArgument {}
extension Engine: ExpressibleByArgument {}

/// Data, model, rounds, tests, threads and logs.
struct CommonOptions: ParsableArguments {
    @Option(help: "Rounds.")
    var rounds = 5

    @Option(help: "Training images of a client, as the experiment takes it.")
    var samples = 600

    @Option(help: ArgumentHelp("Model.", valueName: "name"))
    var model = NamedModel.referenceCNN

    @Option(
        help: ArgumentHelp("mnist, digits, or a folder with four IDX files.", valueName: "data"))
    var dataset: String?

    @Option(help: ArgumentHelp("Where MNIST is.", valueName: "folder"))
    var dataDir: String?

    @Option(help: ArgumentHelp("Where logs go.", valueName: "folder"))
    var logDir = Self.usualLogFolder

    @Option(help: "Threads; results do not depend on them. (default: one for each core)")
    var threads: Int?

    @Option(help: ArgumentHelp("Stop when the server reaches it, 0 to 1.", valueName: "accuracy"))
    var targetAccuracy: Double?

    @Option(
        help: ArgumentHelp(
            "Stop when the best accuracy is so many rounds old.", valueName: "rounds"))
    var patience: Int?

    @Option(
        help: ArgumentHelp("Test the server's model every so many rounds.", valueName: "rounds"))
    var evaluateEvery = 1

    @Option(help: ArgumentHelp("Evaluate on a random part of the test set.", valueName: "part"))
    var evaluationFraction = 1.0

    @Flag(help: "Do not test clients' models.")
    var noClientEvaluation = false

    @Flag(help: "Clients keep the images of the first draw in all rounds.")
    var fixedShards = false

    /// Where logs go unless told otherwise.
    static let usualLogFolder = "Logs"

    func validate() throws {
        try requirePositive(rounds, "--rounds")
        try requirePositive(samples, "--samples")
        try requirePositive(evaluateEvery, "--evaluate-every")
        if let patience { try requirePositive(patience, "--patience") }
        if let threads {
            try requirePositive(threads, "--threads")
            guard threads <= 1024 else {
                throw ValidationError("--threads is at most 1024, not \(threads)")
            }
        }
        if let targetAccuracy, !(targetAccuracy > 0 && targetAccuracy <= 1) {
            throw ValidationError(
                "--target-accuracy must be above 0 and at most 1, not \(targetAccuracy)")
        }
        guard evaluationFraction > 0, evaluationFraction <= 1 else {
            throw ValidationError(
                "--evaluation-fraction must be above 0 and at most 1, not \(evaluationFraction)")
        }
    }

    /// Enters what is given here.
    func apply(to settings: inout ExperimentSettings) {
        settings.rounds = rounds
        settings.samples = samples
        settings.model = model
        settings.targetAccuracy = targetAccuracy
        settings.patience = patience
        settings.evaluateEvery = evaluateEvery
        settings.evaluationFraction = evaluationFraction
        settings.noClientEvaluation = noClientEvaluation
        settings.fixedShards = fixedShards
    }

    /// Threads to use.
    var threadCount: Int { threads ?? availableProcessorCount() }
}

/// Refuses a count that is zero or negative.
func requirePositive(_ value: Int, _ option: String) throws {
    guard value >= 1 else {
        throw ValidationError("\(option) must be at least 1, not \(value)")
    }
}

/// Refuses a learning rate that is not positive and finite.
func requireLearningRate(_ value: Float, _ option: String) throws {
    guard value > 0, value.isFinite else {
        throw ValidationError("\(option) must be above 0 and finite, not \(value)")
    }
}

/// Finds the experiment of that number and checks that it can take so many samples.
func requireExperiment(_ number: Int, samples: Int) throws -> Experiment {
    guard let experiment = Experiment(rawValue: number) else {
        throw ValidationError("there is no experiment \(number): they are 1, 2, 3 and 4")
    }
    guard experiment.allowedSamples.contains(samples) else {
        let error = DatasetError.samplesOutOfRange(
            experiment: experiment, samples: samples, allowed: experiment.allowedSamples)
        throw ValidationError(error.description)
    }
    return experiment
}
