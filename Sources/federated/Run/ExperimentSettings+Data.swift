import Datasets
import FederationWire
import NeuralNetworks
import Parameters
import Training

/// What only the data and the machine can tell of settings.
extension ExperimentSettings {
    /// The model for these data, and the clients' shards of them.
    ///
    /// Nothing is allocated yet that grows with the network.
    /// - Throws: `ArchitectureError` if the model does not fit the images, `DatasetError` or
    ///   `PartitionError` if they cannot be divided as the settings say, `RunNeedsError` if the machine is
    ///   too small, `ServingError` if clients elsewhere could not be told of the model.
    func checked(
        on dataset: Dataset, threads: Int, for execution: Execution
    ) throws -> (Architecture, ShardSource) {
        let architecture = try model.architecture(
            input: .image(
                height: dataset.train.height, width: dataset.train.width,
                channels: dataset.train.channels),
            classCount: Dataset.classCount)
        let shards = try shards(of: dataset.train)
        let needs = RunNeeds(
            architecture, engine: engine, strategy: federatedStrategy, training: training,
            largestShard: shards.largestShard,
            testImages: DecimalShare.ceiling(evaluationFraction, of: dataset.test.count),
            rules: execution == .served ? servedRules : rules, threads: threads,
            trains: execution != .served)
        try needs.check(model: model.rawValue)
        if execution.hasRealClients {
            guard architecture.parameterCount <= ModelHeader.parameterLimit else {
                throw ServingError.parameters(
                    architecture.parameterCount, limit: ModelHeader.parameterLimit)
            }
        }
        return (architecture, shards)
    }
}

/// Why a run cannot be served, though it could be run in memory.
enum ServingError: Error, Equatable, CustomStringConvertible {
    /// More parameters than a message can have.
    case parameters(Int, limit: Int)

    var description: String {
        switch self {
        case .parameters(let count, let limit):
            "the model has \(count) parameters: a server sends \(limit) at most"
        }
    }
}
