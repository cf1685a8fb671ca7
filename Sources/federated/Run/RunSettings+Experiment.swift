import FederationWire
import NeuralNetworks

extension RunSettings {
    /// What a served run tells its clients of an experiment.
    init(
        _ settings: ExperimentSettings, architecture: Architecture, run: RunIdentifier,
        heartbeatSeconds: Double, pollSeconds: Double
    ) throws {
        let shape: [Int] =
            switch architecture.input {
            case .image(let height, let width, let channels): [height, width, channels]
            case .vector(let count): [count]
            }
        self.init(
            run: run, model: settings.model.rawValue, inputShape: shape,
            architecture: try architecture.digest(), parameterCount: architecture.parameterCount,
            engine: settings.engine.rawValue, experiment: settings.experiment.rawValue,
            samples: settings.samples, fixedShards: settings.fixedShards,
            dataset: settings.dataset, clients: settings.clients, rounds: settings.rounds,
            epochs: settings.epochs, batchSize: settings.batchSize,
            learningRate: settings.learningRate, seed: settings.seed,
            heartbeatSeconds: heartbeatSeconds, pollSeconds: pollSeconds)
    }
}
