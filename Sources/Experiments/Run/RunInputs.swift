import Datasets
import Foundation

/// What a run reads beside its settings, by fingerprints: the data, and the file that divides it.
///
/// They stand in its log, its store, a sweep's rows and what a server tells its clients: by a name, like
/// `MNIST/raw` and `FashionMNIST/raw`, or by a path, whose file may have been edited, other data could
/// pass for it.
public struct RunInputs: Hashable, Sendable {
    /// Of the data set.
    public var data: UInt64
    /// Of the division that `csv:FILE` or shards of one's own make; nil where settings and data alone
    /// say it.
    public var partition: UInt64?

    /// Inputs that are known.
    public init(data: UInt64, partition: UInt64? = nil) {
        self.data = data
        self.partition = partition
    }

    /// The inputs of a run whose clients have these shards.
    /// - Parameter areOwn: whether a program's own code made them.
    package init(
        _ settings: RunSpec, data: UInt64, shards: any ShardSource, areOwn: Bool = false
    ) {
        self.data = data
        if areOwn { partition = shards.fingerprint }
        if case .natural = settings.partition { partition = shards.fingerprint }
    }

    /// The inputs of a run that is to be; a partition's file is read for it.
    /// - Throws: `PartitionError`.
    package init(_ settings: RunSpec, data: UInt64, images: Samples) throws {
        self.data = data
        guard case .natural(let file) = settings.partition else { return }
        partition = try Partition.natural(file: file)
            .divide(images, among: settings.clients, seed: settings.seed).fingerprint
    }

    /// A fingerprint as it is written: 16 hexadecimal digits.
    public static func text(_ fingerprint: UInt64) -> String {
        let digits = String(fingerprint, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The data's fingerprint, written.
    public var dataText: String { Self.text(data) }
    /// The division's, written.
    public var partitionText: String? { partition.map(Self.text) }
}
