import ArgumentParser
import Datasets
import Experiments

/// Says as the command line's error what is wrong with something typed.
package func asValidationError<Value>(_ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch {
        throw ValidationError("\(error)")
    }
}

/// Refuses a count that is zero, negative, or beyond 32 bits.
package func requirePositive(_ value: Int, _ option: String) throws {
    try asValidationError { try Bounds.require(count: value, option) }
}

/// Refuses a number that is not within bounds.
package func require(
    _ value: some BinaryFloatingPoint, _ bounds: Bounds, _ option: String
) throws {
    try asValidationError { try bounds.require(value, option) }
}

/// Refuses a learning rate that is not positive and finite.
package func requireLearningRate(_ value: Float, _ option: String) throws {
    try require(value, .positive, option)
}

/// Refuses a decay that is not from 0 to below 1.
package func requireMomentum(_ value: some BinaryFloatingPoint, _ option: String) throws {
    try require(value, .decay, option)
}

/// Refuses no threads, and more than any machine has.
package func requireThreads(_ threads: Int?) throws {
    guard let threads else { return }
    try requirePositive(threads, "--threads")
    guard threads <= 1024 else {
        throw ValidationError("--threads is at most 1024, not \(threads)")
    }
}

/// Finds the experiment of that number and checks that it can take so many samples.
package func requireExperiment(
    _ number: Int, samples: Int, dataset: String?
) throws -> Experiment {
    guard let experiment = Experiment(rawValue: number) else {
        throw ValidationError("\(SettingsError.experiment(number))")
    }
    let allowed = experiment.allowedSamples(
        classCount: RunSpec.classCount(ofDataset: dataset ?? "") ?? 1)
    if !allowed.contains(samples) {
        let error = DatasetError.samplesOutOfRange(
            experiment: experiment, samples: samples, allowed: allowed)
        throw ValidationError(error.description)
    }
    return experiment
}
