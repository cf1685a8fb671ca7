import Datasets

/// How a run's data are read, where their files leave a choice, and what models see of them.
public struct DataReading: Hashable, Sendable {
    /// How files are read: it is part of what the data's fingerprint is of.
    public var options = DatasetOptions()
    /// What models see of the numbers that were read.
    public var scaling = ScalingChoice.unit

    /// As data are read where nothing is said.
    public init() {}
}

extension RunSpec {
    /// The settings that say how data are read: those of a sweep's runs are the same, and every command that
    /// takes data takes them.
    package static let readingNames = [
        "transpose", "label", "client_column", "test_fraction", "scaling",
    ]

    /// How the run's data are read.
    public var reading: DataReading {
        get {
            var reading = DataReading()
            reading.options = DatasetOptions(
                transpose: transpose ?? false, labelColumn: label, clientColumn: clientColumn,
                testFraction: testFraction)
            reading.scaling = scaling ?? .unit
            return reading
        }
        set {
            transpose = newValue.options.transpose ? true : nil
            label = newValue.options.labelColumn
            clientColumn = newValue.options.clientColumn
            testFraction = newValue.options.testFraction
            scaling = newValue.scaling == .unit ? nil : newValue.scaling
        }
    }
}
