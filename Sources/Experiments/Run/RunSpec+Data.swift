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
    /// - Throws: `LossError` if the loss is not of the data's kind, `ArchitectureError` or `ModelError` if the model does
    ///   not fit the images, `DatasetError` or
    ///   `PartitionError` if they cannot be divided as the settings say, `RunNeedsError` if the machine is
    ///   too small, `ServingError` if clients elsewhere could not be told of the model.
    /// - Parameters:
    ///   - strategy: an algorithm in place of the one that is named.
    ///   - shards: a division in place of the experiment's or the partition's.
    package func checked(
        on dataset: Dataset, strategy: Strategy? = nil, shards: (any ShardSource)? = nil,
        threads: Int, for execution: Execution
    ) throws -> (
        architecture: Architecture, loss: Loss, strategy: Strategy, shards: any ShardSource
    ) {
        let loss = try resolvedLoss(for: dataset.train)
        let architecture = try model.architecture(
            input: dataset.train.featureShape, classCount: loss.outputCount(for: dataset.train))
        if let problem = loss.problem(with: dataset.train, outputs: architecture.classCount) {
            throw problem
        }
        try augment?.check(dataset.train)
        let strategy = try strategy ?? federatedStrategy(for: architecture)
        let shards = try shards ?? self.shards(of: dataset.train, owners: dataset.owners)
        let needs = RunNeeds(
            architecture, engine: engine, loss: loss, strategy: strategy, training: training,
            largestShard: shards.largestShard,
            testImages: DecimalShare.ceiling(evaluationFraction, of: dataset.test.count),
            rules: execution == .served ? servedRules : rules, threads: threads,
            trains: execution != .served)
        try needs.check(model: model.name)
        if execution.hasRealClients {
            guard architecture.parameterCount <= ModelHeader.parameterLimit else {
                throw ServingError.parameters(
                    architecture.parameterCount, limit: ModelHeader.parameterLimit)
            }
        }
        return (architecture, loss, strategy, shards)
    }
}

extension RunSpec {
    /// The weights that a run begins with in the place of its seed's; nil where no file has them.
    /// - Throws: `InitialModelError`.
    package func weights(for architecture: Architecture) throws(InitialModelError) -> InitialModel?
    {
        guard let initialModel else { return nil }
        return try InitialModel(path: initialModel, architecture: architecture, seed: seed)
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
    /// What is minimised on these samples: what the settings say, or else the usual loss of them.
    ///
    /// The one place where it is decided, for servers, clients, ranks and tests alike.
    /// - Throws: `LossError` where it is of another kind than the samples.
    /// - Precondition: the settings are `validated`.
    package func resolvedLoss(for samples: Samples) throws(LossError) -> Loss {
        let resolved = Loss(
            loss ?? Loss.usual(for: samples).kind, labelSmoothing: labelSmoothing ?? 0)
        if let problem = resolved.problem(with: samples) { throw problem }
        return resolved
    }

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
