import ArgumentParser
import NeuralNetworks

/// What clients of a served run train.
struct TrainingOptions: ParsableArguments {
    @Option(help: "Experiment: 1, 2, 3 or 4.")
    var experiment = 1

    @Option(help: "Clients that the run takes: their ids are 1 to this.")
    var clients = 5

    @Option(help: "Local epochs a round.")
    var epochs = 10

    @Option(help: "Batch size.")
    var batchSize = 8

    @Option(help: "Learning rate of plain SGD.")
    var learningRate: Float = 0.01

    @Option(help: "Seed of everything random: the same seed gives the same bits.")
    var seed: UInt64 = 1

    @Option(help: "Operations: fused, or plain ones (im2col and OpenBLAS) that take longer.")
    var engine = Engine.fused

    func validate() throws {
        for (value, option) in [
            (clients, "--clients"), (epochs, "--epochs"), (batchSize, "--batch-size"),
        ] {
            try requirePositive(value, option)
        }
        try requireLearningRate(learningRate, "--learning-rate")
    }

    /// The settings of a run with these options.
    func settings(_ common: CommonOptions, dataset: String) throws -> ExperimentSettings {
        ExperimentSettings(
            experiment: try requireExperiment(experiment, samples: common.samples),
            clients: clients, rounds: common.rounds, samples: common.samples, epochs: epochs,
            batchSize: batchSize, learningRate: learningRate, seed: seed, model: common.model,
            targetAccuracy: common.targetAccuracy, evaluationFraction: common.evaluationFraction,
            fixedShards: common.fixedShards, dataset: dataset, engine: engine)
    }
}
