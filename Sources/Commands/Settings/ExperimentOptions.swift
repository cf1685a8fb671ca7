import ArgumentParser
import Experiments

/// What `run`, `serve` and `sweep` have in common: who trains what, and how.
package struct ExperimentOptions: ParsableArguments {
    @OptionGroup(title: Topic.population.title) var population: SettingOptions<Population>
    @OptionGroup(title: Topic.localTraining.title) var training: SettingOptions<Local>
    @OptionGroup(title: Topic.algorithm.title) var algorithm: SettingOptions<Algorithm>
    @OptionGroup(title: Topic.roundsAndTests.title) var rounds: SettingOptions<RoundsAndTests>
    @OptionGroup package var common: CommonOptions
    @OptionGroup(title: Topic.dataAndModel.title) var model: SettingOptions<DataAndModel>

    package init() {}

    /// What was typed.
    package var given: GivenSettings {
        var given = [population.given, training.given, algorithm.given, rounds.given, model.given]
            .reduce(GivenSettings()) { $0.joined(with: $1) }
        if let dataset = common.dataset { given["dataset"] = .string(dataset) }
        return given.joined(with: common.data.readingGiven)
    }

    /// The settings of a run with these options, which may not go together: see `RunSpec.validated`.
    /// - Throws: where an option means nothing.
    package func settings(dataset: String) throws -> RunSpec {
        try asValidationError { try RunSpec(given).on(dataset) }
    }
}

extension RunSpec {
    /// With the name of the data that were found; with the name that was typed where none were looked for.
    package func on(_ dataset: String) -> RunSpec {
        var spec = self
        if !dataset.isEmpty { spec.dataset = dataset }
        return spec
    }
}
