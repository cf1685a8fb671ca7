import ArgumentParser
import Datasets
import Foundation
import NeuralNetworks
import Parameters

extension NamedModel: ExpressibleByArgument {
    public init?(argument: String) { self.init(spelled: argument) }
}

extension Engine: ExpressibleByArgument {
    public init?(argument: String) { self.init(spelled: argument) }
}

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
        try requireThreads(threads)
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

/// Says as the command line's error what is wrong with a setting.
func asValidationError<Value>(_ body: () throws(SettingsError) -> Value) throws -> Value {
    do {
        return try body()
    } catch {
        throw ValidationError(error.description)
    }
}

/// Refuses a count that is zero, negative, or beyond 32 bits.
func requirePositive(_ value: Int, _ option: String) throws {
    try asValidationError { () throws(SettingsError) in
        try ExperimentSettings.require(value, option)
    }
}

/// Refuses a learning rate that is not positive and finite.
func requireLearningRate(_ value: Float, _ option: String) throws {
    try asValidationError { () throws(SettingsError) in
        try ExperimentSettings.requirePositive(value, option)
    }
}

/// Refuses a decay that is not from 0 to below 1.
func requireMomentum<Number: BinaryFloatingPoint>(_ value: Number, _ option: String) throws {
    try asValidationError { () throws(SettingsError) in
        try ExperimentSettings.requireDecay(value, option)
    }
}

/// Refuses no threads, and more than any machine has.
func requireThreads(_ threads: Int?) throws {
    guard let threads else { return }
    try requirePositive(threads, "--threads")
    guard threads <= 1024 else {
        throw ValidationError("--threads is at most 1024, not \(threads)")
    }
}

/// Finds the experiment of that number and checks that it can take so many samples.
func requireExperiment(_ number: Int, samples: Int? = nil) throws -> Experiment {
    guard let experiment = Experiment(rawValue: number) else {
        throw ValidationError("there is no experiment \(number): they are 1, 2, 3 and 4")
    }
    if let samples, !experiment.allowedSamples.contains(samples) {
        let error = DatasetError.samplesOutOfRange(
            experiment: experiment, samples: samples, allowed: experiment.allowedSamples)
        throw ValidationError(error.description)
    }
    return experiment
}
