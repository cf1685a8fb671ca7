import Datasets
import Foundation

/// How a run that is resumed, or another rank, finds the very data it was begun with.
public struct DataSource: Codable, Equatable, Sendable {
    /// `mnist`, `digits`, or a folder's absolute path; the name of arrays that a program had.
    public var dataset: String
    /// Where MNIST was looked for first.
    public var dataFolder: String?
    /// The data's fingerprint.
    public var fingerprint: UInt64
    /// The fingerprint of what a partition's file made of it; nil where there is none, and in stores of
    /// earlier versions.
    public var partition: UInt64?
    /// The SHA-256 of the file with the weights to begin with; nil where there is none.
    public var initialModel: String?
    /// The SHA-256 of the server rule's program; nil where there is none.
    public var serverRule: String?
    /// A sample's shape, [H, W, C] or [F]; nil in stores of earlier versions.
    public var shape: [Int]?
    /// What models see of the data's numbers; nil in stores of earlier versions.
    public var scaling: Scaling?

    init(dataset: String, fingerprint: UInt64) {
        self.dataset = dataset
        self.fingerprint = fingerprint
    }

    /// The source of data that have been loaded by a name, from a folder.
    init(_ dataset: Dataset, named name: String?, folder: String?) {
        fingerprint = dataset.fingerprint
        switch DatasetChoice(argument: name) {
        case .path(let path): self.dataset = URL(fileURLWithPath: path).standardizedFileURL.path
        case .mnist: self.dataset = "mnist"
        case .digits: self.dataset = "digits"
        // What was found then is what is wanted now.
        case .automatic: self.dataset = dataset.name == "MNIST" ? "mnist" : "digits"
        }
        dataFolder = folder.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
    }

    /// The source with the fingerprint of a partition's file, if there is one.
    /// - Throws: `PartitionError`, `InitialModelError`, `RuleProgramError`.
    package func dividing(
        _ dataset: Dataset, _ settings: RunSpec
    ) throws -> DataSource {
        var source = self
        let inputs = try RunInputs(settings, data: fingerprint, dataset: dataset)
        source.partition = inputs.partition
        source.initialModel = inputs.initialModel
        source.serverRule = inputs.serverRule
        return source
    }
}
