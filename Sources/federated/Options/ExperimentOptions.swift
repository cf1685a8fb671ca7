import ArgumentParser
import NeuralNetworks

/// What `run`, `serve` and `sweep` have in common: who trains what, and how.
package struct ExperimentOptions: ParsableArguments {
    @OptionGroup(title: "Population") var population: PopulationOptions
    @OptionGroup(title: "Local training") var training: TrainingOptions
    @OptionGroup(title: "Algorithm") var algorithm: StrategyOptions

    @Option(help: "Seed of everything random: the same seed gives the same bits.")
    var seed: UInt64 = 1

    @Option(help: "Operations: fused, or plain ones (im2col and OpenBLAS) that take longer.")
    var engine = Engine.fused

    @OptionGroup var common: CommonOptions

    package init() {}

    /// The settings of a run with these options, which may not go together: see
    /// `ExperimentSettings.validated`.
    /// - Throws: where an option means nothing.
    package func settings(dataset: String) throws -> ExperimentSettings {
        var settings = ExperimentSettings()
        algorithm.apply(to: &settings)
        try training.apply(to: &settings)
        try population.apply(to: &settings)
        common.apply(to: &settings)
        settings.seed = seed
        settings.dataset = dataset
        settings.engine = engine
        return settings
    }
}
