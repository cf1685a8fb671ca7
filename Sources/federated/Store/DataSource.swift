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

    /// Refuses data that is another than the run was begun with.
    func check(_ dataset: Dataset, run: String) throws {
        guard dataset.fingerprint == fingerprint else {
            throw CommandFailure(
                message: "run \(run) cannot be resumed: \(dataset.origin) holds other images than "
                    + "those it was begun with")
        }
    }
}
