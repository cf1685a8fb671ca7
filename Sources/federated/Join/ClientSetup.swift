import Datasets
import Federation
import FederationWire
import NeuralNetworks
import Training

/// What a run's settings mean on this machine.
struct ClientSetup {
    /// How the data are divided, in one line.
    let division: String
    let architecture: Architecture
    let digest: ArchitectureDigest
    let engine: Engine
    let shards: ShardSource
    /// What the client minimises, and what its updates go through before they leave.
    let strategy: Strategy
    /// The experiment or partition as a run here would have it.
    let settings: ExperimentSettings

    /// - Throws: `CommandFailure` where this client cannot train the server's model, and what
    ///   drawing shards of these images throws.
    init(_ settings: RunSettings, images: LabelledImages) throws {
        let shape = [images.height, images.width, images.channels]
        guard shape == settings.inputShape else {
            throw CommandFailure(
                message: "this client's images are \(Self.text(shape)): the server's are "
                    + Self.text(settings.inputShape))
        }
        guard let engine = Engine(rawValue: settings.engine) else {
            throw CommandFailure(
                message: "the server's engine is “\(settings.engine)”, which this version has not")
        }
        architecture = try Architecture(settings)
        digest = settings.architecture
        guard architecture.input == .image(height: shape[0], width: shape[1], channels: shape[2]),
            architecture.classCount == Dataset.classCount
        else {
            throw CommandFailure(
                message: "the server's model \(settings.model) takes \(architecture.input) and "
                    + "tells \(architecture.classCount) classes apart: this client's images are "
                    + "\(Self.text(shape)) of \(Dataset.classCount) classes")
        }
        strategy = Strategy(
            "the client's half", objective: settings.objective,
            transforms: try ClientTransforms.named(settings.transforms))
        if let problem = strategy.problem { throw CommandFailure(message: problem) }
        self.engine = engine
        var division = ExperimentSettings()
        division.clients = settings.clients
        division.samples = settings.samples
        division.seed = settings.seed
        division.fixedShards = settings.fixedShards
        if let text = settings.partition {
            division.partition = try Partition(argument: text)
        } else if let experiment = Experiment(rawValue: settings.experiment) {
            division.experiment = experiment
        } else {
            throw CommandFailure(message: "there is no experiment \(settings.experiment)")
        }
        self.division = division.division
        self.settings = division
        shards = try division.shards(of: images)
        try RunNeeds(
            clientOf: architecture, engine: engine, training: settings.training.local,
            largestShard: shards.largestShard
        ).check(model: settings.model)
    }

    private static func text(_ shape: [Int]) -> String {
        shape.map(String.init).joined(separator: "×")
    }
}
