import Federation
import FederationWire
import JSON
import NeuralNetworks
import Training

extension RunSettings {
    /// What a served run tells its clients of an experiment.
    package init(
        _ settings: ExperimentSettings, inputs: RunInputs, architecture: Architecture,
        run: RunIdentifier, heartbeatSeconds: Double, pollSeconds: Double
    ) throws {
        let shape: [Int] =
            switch architecture.input {
            case .image(let height, let width, let channels): [height, width, channels]
            case .vector(let count): [count]
            }
        let strategy = settings.federatedStrategy
        self.init(
            run: run, model: settings.model.rawValue, inputShape: shape,
            architecture: try architecture.digest(),
            architectureJSON: try JSONValue(encoding: architecture),
            parameterCount: architecture.parameterCount,
            engine: settings.engine.rawValue, experiment: settings.experimentNumber,
            samples: settings.samples, fixedShards: settings.fixedShards,
            dataset: settings.dataset, dataFingerprint: inputs.dataText, clients: settings.clients,
            rounds: settings.rounds,
            training: TrainingSettings(settings.training), objective: strategy.objective,
            transforms: strategy.clientTransforms.map(\.description),
            encodings: VectorEncodings.names,
            partition: settings.partition?.description,
            partitionFingerprint: inputs.partitionText, seed: settings.seed,
            heartbeatSeconds: heartbeatSeconds, pollSeconds: pollSeconds)
    }
}

extension TrainingSettings {
    /// How clients train, as it is sent to them.
    init(_ training: LocalTraining) {
        let optimizer = training.optimizer
        self.init(
            batchSize: training.batchSize, learningRate: optimizer.learningRate,
            learningRateDecay: training.learningRateDecay, momentum: optimizer.momentum,
            weightDecay: optimizer.weightDecay, gradientClip: optimizer.gradientClip)
        switch training.length {
        case .epochs(let count): epochs = count
        case .steps(let count): steps = count
        }
    }

    /// How clients train.
    var local: LocalTraining {
        LocalTraining(
            steps.map(LocalTraining.Length.steps) ?? .epochs(epochs ?? 1), batchSize: batchSize,
            optimizer: LocalOptimizer(
                learningRate: learningRate, momentum: momentum, weightDecay: weightDecay,
                gradientClip: gradientClip),
            learningRateDecay: learningRateDecay)
    }
}
