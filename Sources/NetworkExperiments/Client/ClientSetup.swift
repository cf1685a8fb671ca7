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
    /// What is minimised.
    public let loss: Loss
    /// What the server knows it by.
    public let digest: ArchitectureDigest
    /// Which images each client has.
    public let shards: any ShardSource
    /// What the client minimises, and what its updates go through before they leave.
    public let strategy: Strategy
    /// The run's settings, as far as a client is told them.
    public let spec: RunSpec

    /// What models are measured by.
    package var score: RunLog.Score { loss.kind == .squaredError ? .r2 : .accuracy }

    /// - Throws: `JoinError` where this client cannot train the server's model, and what
    ///   drawing shards of these images throws.
    public init(
        _ settings: RunSettings, images: Samples, owners: SampleOwners? = nil
    ) throws {
        let shape = images.shape
        guard shape == settings.inputShape else {
            throw JoinError.images(found: shape, server: settings.inputShape)
        }
        spec = try RunSpec(settings)
        loss = try spec.resolvedLoss(for: images)
        architecture = try Architecture(settings)
        digest = settings.architecture
        guard architecture.input == images.featureShape,
            loss.problem(with: images, outputs: architecture.classCount) == nil
        else {
            throw JoinError.unfit(
                model: settings.model, input: "\(architecture.input)",
                classCount: architecture.classCount, images: shape, classes: images.classCount)
        }
        strategy = Strategy(
            "the client's half", objective: settings.objective,
            transforms: try ClientTransforms.named(settings.transforms, for: architecture))
        if let problem = strategy.problem ?? spec.training.problem(with: strategy) {
            throw JoinError.strategy(problem)
        }
        try spec.augment?.check(images)
        shards = try spec.shards(of: images, owners: owners)
        try RunNeeds(
            clientOf: architecture, engine: spec.engine, loss: loss, training: spec.training,
            largestShard: shards.largestShard
        ).check(model: settings.model)
    }
}
