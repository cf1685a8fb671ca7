import ArgumentParser

/// Every setting of a run in one process: what `run` takes, and what `sweep` takes lists of.
package struct SimulationOptions: ParsableArguments {
    @OptionGroup var experiment: ExperimentOptions

    @OptionGroup(title: "Simulated absence") var participation: ParticipationOptions

    package init() {}

    /// Data, threads and logs, which are no settings of the run itself, are among these.
    var common: CommonOptions { experiment.common }

    /// The settings of a run with these options.
    package func settings(dataset: String) throws -> ExperimentSettings {
        var settings = try experiment.settings(dataset: dataset)
        participation.apply(to: &settings)
        return settings
    }
}
