/// How well a model did on a set of samples.
public struct Evaluation: Hashable, Sendable, Codable {
    /// Fraction of samples classified rightly, 0…1.
    public var accuracy: Double
    /// Mean loss over the samples, in nats; not finite where a model diverged.
    public var loss: Double
    /// How many samples were tested.
    public var count: Int

    /// The result of testing `count` samples.
    public init(accuracy: Double, loss: Double, count: Int) {
        self.accuracy = accuracy
        self.loss = loss
        self.count = count
    }
}

/// Why a client has no (further) part in a round.
public struct ClientFailure: Hashable, Sendable, Codable {
    /// What a failure means for the run.
    public enum Kind: String, Hashable, Sendable, Codable {
        /// The round goes on without the client, which is in the next round again.
        case absence
        /// The run ends as failed.
        case error
        /// The run ends as diverged: the client's model or loss is no finite number.
        case divergence
    }

    /// What it means for the run.
    public var kind: Kind
    /// What happened, as a clause: "its loss is nan".
    public var reason: String

    /// A failure of that kind.
    public init(_ kind: Kind, reason: String) {
        self.kind = kind
        self.reason = reason
    }
}
