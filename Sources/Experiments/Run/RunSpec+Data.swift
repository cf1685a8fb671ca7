import Datasets
import Federation
import FederationWire
import JSON
import NeuralNetworks
import Parameters
import Training

/// What only the data and the machine can tell of settings.
extension RunSpec {
    /// What a run of these settings is made of: the model for the data, the algorithm, and the clients'
    /// shards of them.
    ///
    /// Nothing is allocated yet that grows with the network.
    /// - Throws: `ArchitectureError` if the model does not fit the images, `DatasetError` or
    ///   `PartitionError` if they cannot be divided as the settings say, `RunNeedsError` if the machine is
    ///   too small, `ServingError` if clients elsewhere could not be told of the model.
    /// - Parameters:
    ///   - strategy: an algorithm in place of the one that is named.
    ///   - shards: a division in place of the experiment's or the partition's.
    package func checked(
        on dataset: Dataset, strategy: Strategy? = nil, shards: (any ShardSource)? = nil,
        threads: Int, for execution: Execution
    ) throws -> (architecture: Architecture, strategy: Strategy, shards: any ShardSource) {
        let architecture = try model.architecture(
            input: dataset.train.featureShape, classCount: dataset.train.outputCount)
        let strategy = strategy ?? federatedStrategy
        let shards = try shards ?? self.shards(of: dataset.train)
        let needs = RunNeeds(
            architecture, engine: engine, strategy: strategy, training: training,
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
        return (architecture, strategy, shards)
    }
}

/// Why a run cannot be served, though it could be run in memory.
package enum ServingError: Error, Equatable, CustomStringConvertible {
    /// More parameters than a message can have.
    case parameters(Int, limit: Int)

    package var description: String {
        switch self {
        case .parameters(let count, let limit):
            "the model has \(count) parameters: a server sends \(limit) at most"
        }
    }
}

extension RunSpec {
    /// The settings as the log has them of a run whose strategy or shards a program's own code made:
    /// nobody else can run it again from its settings alone.
    func configuration(strategy: Strategy?, hasOwnShards: Bool) throws -> JSONValue {
        var members = try configuration().members
        if let strategy {
            let isKnown = StrategyName(spelled: strategy.name) != nil
            members["strategy"] = .string(isKnown ? "own \(strategy.name)" : strategy.name)
        }
        if hasOwnShards {
            members["experiment"] = nil
            members["partition"] = "own"
        }
        return .object(members)
    }
}
