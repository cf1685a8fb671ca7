import Datasets
import Experiments
import Federation
import FederationWire
import NeuralNetworks
import Training

/// What a run's settings mean on this machine.
public struct ClientSetup: Sendable {
    /// The model.
    public let architecture: Architecture
    /// What the server knows it by.
    public let digest: ArchitectureDigest
    /// Which images each client has.
    public let shards: any ShardSource
    /// What the client minimises, and what its updates go through before they leave.
    public let strategy: Strategy
    /// The run's settings, as far as a client is told them.
    public let spec: RunSpec

    /// - Throws: `JoinError` where this client cannot train the server's model, and what
    ///   drawing shards of these images throws.
    public init(_ settings: RunSettings, images: Samples) throws {
        let shape = images.shape
        guard shape == settings.inputShape else {
            throw JoinError.images(found: shape, server: settings.inputShape)
        }
        spec = try RunSpec(settings)
        architecture = try Architecture(settings)
        digest = settings.architecture
        guard architecture.input == images.featureShape,
            architecture.classCount == images.outputCount
        else {
            throw JoinError.unfit(
                model: settings.model, input: "\(architecture.input)",
                classCount: architecture.classCount, images: shape, classes: images.classCount)
        }
        strategy = Strategy(
            "the client's half", objective: settings.objective,
            transforms: try ClientTransforms.named(settings.transforms))
        if let problem = strategy.problem { throw JoinError.strategy(problem) }
        shards = try spec.shards(of: images)
        try RunNeeds(
            clientOf: architecture, engine: spec.engine, training: spec.training,
            largestShard: shards.largestShard
        ).check(model: settings.model)
    }
}
