import ArgumentParser
import Experiments

/// Which data a command reads, and where they are.
package struct DataOptions: ParsableArguments {
    @Option(help: .setting("dataset"), completion: .directory)
    package var dataset: String?

    @OptionGroup var readingOptions: SettingOptions<ReadingData>

    @OptionGroup var folder: DataFolder

    package init() {}

    /// Where MNIST is; nil where it was not said.
    package var dataDir: String? { folder.dataDir }

    /// What was typed of how the data are read.
    package var readingGiven: GivenSettings { readingOptions.given }

    /// How the data are read.
    /// - Parameter spec: what counts where nothing was typed.
    /// - Throws: `ValidationError` where a value is out of bounds.
    package func reading(beside spec: RunSpec = RunSpec()) throws -> DataReading {
        try asValidationError {
            var spec = spec
            for setting in ReadingData.settings {
                guard let value = readingGiven[setting.name] else { continue }
                try setting.set(value, in: &spec)
                if let number = value.double { try setting.bounds?.require(number, setting.option) }
            }
            return spec.reading
        }
    }

    package func validate() throws { _ = try reading() }
}

/// Where MNIST is.
package struct DataFolder: ParsableArguments {
    @Option(help: ArgumentHelp("Where MNIST is.", valueName: "folder"), completion: .directory)
    package var dataDir: String?

    package init() {}
}
