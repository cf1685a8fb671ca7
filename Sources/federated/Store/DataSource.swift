import ArgumentParser
import Datasets
import Federation
import Foundation

/// How a run that is resumed finds the very data it was begun with.
struct DataSource: Codable, Equatable {
    /// `mnist`, `digits`, or a folder's absolute path.
    var dataset: String
    /// Where MNIST was looked for first.
    var dataFolder: String?
    /// The data's fingerprint.
    var fingerprint: UInt64
    /// The fingerprint of what a partition's file made of it; nil where there is none, and in stores of
    /// earlier versions.
    var partition: UInt64?

    /// The source of data that has been loaded.
    init(_ dataset: Dataset, options: CommonOptions) {
        switch DatasetChoice(argument: options.dataset) {
        case .path(let path): self.dataset = URL(fileURLWithPath: path).standardizedFileURL.path
        case .mnist: self.dataset = "mnist"
        case .digits: self.dataset = "digits"
        // What was found then is what is wanted now.
        case .automatic: self.dataset = dataset.name == "MNIST" ? "mnist" : "digits"
        }
        dataFolder = options.dataDir.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
        fingerprint = dataset.fingerprint
    }

    /// The source with the fingerprint of a partition's file, if there is one.
    /// - Throws: `PartitionError`.
    func dividing(_ dataset: Dataset, _ settings: ExperimentSettings) throws -> DataSource {
        var source = self
        source.partition = try RunInputs(settings, data: fingerprint, images: dataset.train)
            .partition
        return source
    }

    /// Refuses data that is another than the run was begun with.
    func check(_ dataset: Dataset, run: String) throws {
        guard dataset.fingerprint == fingerprint else {
            throw CommandFailure(
                message: "run \(run) cannot be resumed: \(dataset.origin) holds other images than "
                    + "those it was begun with")
        }
    }

    /// Refuses a partition's file that divides the data otherwise than it did when the run was begun.
    func check(_ inputs: RunInputs, _ settings: ExperimentSettings, run: String) throws {
        guard let partition, partition != inputs.partition else { return }
        throw CommandFailure(
            message: "run \(run) cannot be resumed: \(Self.file(of: settings)) divides the images "
                + "otherwise than when it was begun")
    }

    /// What there is to say of a run that an earlier version began.
    func note(_ inputs: RunInputs, _ settings: ExperimentSettings, run: String) -> String? {
        guard partition == nil, inputs.partition != nil else { return nil }
        return
            "run \(run) is an earlier version's, which did not keep what \(Self.file(of: settings)) "
            + "held: it is taken as it is"
    }

    private static func file(of settings: ExperimentSettings) -> String {
        if case .natural(let file) = settings.partition { file } else { "the partition" }
    }
}
