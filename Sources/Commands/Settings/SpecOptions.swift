import ArgumentParser
import Experiments

/// A run that is given as a file.
package struct SpecOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A JSON file of settings, as federated show RUN --spec writes it; options count more.",
            valueName: "file"),
        completion: .file(extensions: ["json"]), transform: Read.init)
    private var spec: Read?

    package init() {}

    package func validate() throws { _ = try file() }

    /// What it says; nil where there is none.
    package func file() throws -> SpecFile? {
        try asValidationError { try spec?.result.get() }
    }

    /// What is said of a run: by options, or else by the file.
    package func overridden(by typed: GivenSettings) throws -> GivenSettings {
        try (file()?.given ?? GivenSettings()).overridden(by: typed)
    }

    /// Refuses other images, and another division of them, than those that the file is of.
    package func check(_ inputs: RunInputs, of data: RunData, beside typed: GivenSettings) throws {
        guard let spec, let file = try file() else { return }
        try file.check(inputs, origin: data.dataset.origin, beside: typed, path: spec.path)
    }

    /// A file that has been read, once: it may be a pipe.
    private struct Read: Decodable, Sendable {
        let path: String
        let result: Result<SpecFile, SpecFileError>

        init(_ path: String) {
            self.path = path
            result = Result { () throws(SpecFileError) in try SpecFile(path: path) }
        }

        /// The parser hands the value over itself.
        init(from decoder: any Decoder) throws {
            self = try decoder.singleValueContainer().decode(Read.self)
        }
    }
}
