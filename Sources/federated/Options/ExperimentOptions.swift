import ArgumentParser
import NeuralNetworks

/// What `run`, `serve` and `sweep` have in common: who trains what, and how.
struct ExperimentOptions: ParsableArguments {
    @OptionGroup(title: "Population") var population: PopulationOptions
    @OptionGroup(title: "Local training") var training: TrainingOptions
    @OptionGroup(title: "Algorithm") var algorithm: StrategyOptions

    @Option(help: "Seed of everything random: the same seed gives the same bits.")
    var seed: UInt64 = 1

    @Option(help: "Operations: fused, or plain ones (im2col and OpenBLAS) that take longer.")
    var engine = Engine.fused

    @OptionGroup var common: CommonOptions

    func validate() throws {
        // What cannot be together is said before any data is read.
        _ = try settings(dataset: "")
    }

    /// The settings of a run with these options.
    func settings(dataset: String) throws -> ExperimentSettings {
        var settings = ExperimentSettings()
        settings.strategy = algorithm.strategy
        settings.mu = algorithm.mu
        settings.serverLearningRate = algorithm.serverLearningRate
        settings.serverMomentum = algorithm.serverMomentum
        settings.beta1 = algorithm.beta1
        settings.beta2 = algorithm.beta2
        settings.tau = algorithm.tau
        try training.apply(to: &settings)
        try population.apply(to: &settings, samples: common.samples)
        settings.rounds = common.rounds
        settings.samples = common.samples
        settings.seed = seed
        settings.model = common.model
        settings.targetAccuracy = common.targetAccuracy
        settings.patience = common.patience
        settings.evaluateEvery = common.evaluateEvery
        settings.evaluationFraction = common.evaluationFraction
        settings.noClientEvaluation = common.noClientEvaluation
        settings.fixedShards = common.fixedShards
        settings.dataset = dataset
        settings.engine = engine
        if settings.partition != nil, common.fixedShards {
            throw ValidationError("--fixed-shards belongs to an experiment: a partition is fixed")
        }
        return settings
    }
}
