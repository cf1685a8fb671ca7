import ArgumentParser
import Experiments

/// Every setting of a run in one process: what `run` takes, and what `sweep` takes lists of.
package struct SimulationOptions: ParsableArguments {
    @OptionGroup package var experiment: ExperimentOptions
    @OptionGroup(title: Topic.simulatedAbsence.title) var absence: SettingOptions<Absence>

    package init() {}

    /// Data, threads and logs.
    package var common: CommonOptions { experiment.common }

    /// What was typed.
    package var given: GivenSettings { experiment.given.joined(with: absence.given) }

    package func validate() throws {
        // What cannot be together is said before any data is read.
        _ = try settings(dataset: "")
    }

    /// The settings of a run with these options.
    /// - Parameters:
    ///   - execution: where its clients are trained.
    ///   - file: what counts where nothing was typed.
    package func settings(
        dataset: String, for execution: Execution = .memory, file: SpecFile? = nil
    ) throws -> RunSpec {
        try asValidationError {
            try RunSpec((file?.given ?? GivenSettings()).overridden(by: given)).on(dataset)
                .validated(for: execution)
        }
    }
}
