import ArgumentParser

/// Every setting of a run in one process: what `run` takes, and what `sweep` takes lists of.
package struct SimulationOptions: ParsableArguments {
    @OptionGroup var experiment: ExperimentOptions

    @OptionGroup(title: "Simulated absence") var participation: ParticipationOptions

    package init() {}

    /// Data, threads and logs, which are no settings of the run itself, are among these.
    var common: CommonOptions { experiment.common }

    package func validate() throws {
        // What cannot be together is said before any data is read.
        _ = try settings(dataset: "")
    }

    /// The settings of a run with these options.
    /// - Parameter execution: where its clients are trained.
    package func settings(
        dataset: String, for execution: Execution = .memory
    ) throws -> ExperimentSettings {
        var settings = try experiment.settings(dataset: dataset)
        participation.apply(to: &settings)
        return try asValidationError { [settings] () throws(SettingsError) in
            try settings.validated(for: execution)
        }
    }
}
