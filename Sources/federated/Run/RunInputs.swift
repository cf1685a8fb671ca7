import Datasets
import Foundation

/// What a run reads beside its settings, by fingerprints: the data, and the file that divides it.
///
/// They stand in its log, its store, a sweep's rows and what a server tells its clients: by a name, like
/// `MNIST/raw` and `FashionMNIST/raw`, or by a path, whose file may have been edited, other data could
/// pass for it.
package struct RunInputs: Hashable, Sendable {
    /// Of the data set.
    var data: UInt64
    /// Of the division that `csv:FILE` made; nil where settings and data alone say it.
    var partition: UInt64?

    /// Inputs that are known.
    package init(data: UInt64, partition: UInt64? = nil) {
        self.data = data
        self.partition = partition
    }

    /// The inputs of a run whose clients have these shards.
    package init(_ settings: ExperimentSettings, data: UInt64, shards: ShardSource) {
        self.data = data
        guard case .natural = settings.partition, case .divided(let divided) = shards else {
            return
        }
        partition = divided.fingerprint
    }

    /// The inputs of a run that is to be; a partition's file is read for it.
    /// - Throws: `PartitionError`.
    init(_ settings: ExperimentSettings, data: UInt64, images: LabelledImages) throws {
        self.data = data
        guard case .natural(let file) = settings.partition else { return }
        partition = try Partition.natural(file: file)
            .divide(images, among: settings.clients, seed: settings.seed).fingerprint
    }

    /// A fingerprint as it is written: 16 hexadecimal digits.
    static func text(_ fingerprint: UInt64) -> String {
        let digits = String(fingerprint, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The data's fingerprint, written.
    var dataText: String { Self.text(data) }
    /// The division's, written.
    var partitionText: String? { partition.map(Self.text) }
}
