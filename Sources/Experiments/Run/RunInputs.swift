import Datasets
import ExternalRules
import Foundation

/// What a run reads beside its settings, by fingerprints: the data, and the file that divides it.
///
/// They stand in its log, its store, a sweep's rows and what a server tells its clients: by a name, like
/// `MNIST/raw` and `FashionMNIST/raw`, or by a path, whose file may have been edited, other data could
/// pass for it.
public struct RunInputs: Hashable, Sendable {
    /// Of the data set.
    public var data: UInt64
    /// Of the division that `csv:FILE`, the data's owners or shards of one's own make; nil where
    /// settings and data alone say it.
    public var partition: UInt64?
    /// The SHA-256 of the file with the weights to begin with, 64 hexadecimal digits; nil for none.
    public var initialModel: String?
    /// The SHA-256 of the server rule's program, 64 hexadecimal digits; nil for none.
    public var serverRule: String?

    /// Inputs that are known.
    public init(
        data: UInt64, partition: UInt64? = nil, initialModel: String? = nil,
        serverRule: String? = nil
    ) {
        self.data = data
        self.partition = partition
        self.initialModel = initialModel
        self.serverRule = serverRule
    }

    /// The inputs of a run whose clients have these shards.
    /// - Parameter areOwn: whether a program's own code made them.
    package init(
        _ settings: RunSpec, data: UInt64, shards: any ShardSource, areOwn: Bool = false
    ) {
        self.data = data
        if areOwn { partition = shards.fingerprint }
        if settings.dividesByData { partition = shards.fingerprint }
    }

    /// The inputs of a run that is to be; a partition's file is read for it, and that of the weights.
    /// - Throws: `PartitionError`, `InitialModelError`, `RuleProgramError`.
    package init(_ settings: RunSpec, data: UInt64, dataset: Dataset) throws {
        self.data = data
        initialModel = try settings.initialModel.map {
            (path) throws(InitialModelError) in try InitialModel.fingerprint(ofFile: path)
        }
        serverRule = try settings.serverRuleFile.map {
            (path) throws(RuleProgramError) in try RuleProgram.fingerprint(ofFile: path)
        }
        guard settings.dividesByData else { return }
        partition = try settings.shards(of: dataset.train, owners: dataset.owners).fingerprint
    }

    /// The SHA-256 of the file that a setting names; nil where it names none.
    package func fingerprint(ofFileBehind setting: Setting) -> String? {
        switch setting.name {
        case "initial_model": initialModel
        case "server_rule": serverRule
        default: nil
        }
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
