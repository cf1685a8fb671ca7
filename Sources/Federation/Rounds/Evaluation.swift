/// How well a model did on a set of samples.
public struct Evaluation: Hashable, Sendable, Codable {
    /// Fraction of samples classified rightly, 0…1; of a model that predicts numbers, R².
    ///
    /// R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)², the mean over the numbers of a sample where there are several: 1 at
    /// best, and below 0 for a model that is worse than the mean. Where all y are the same it is 0.
    public var accuracy: Double
    /// Mean loss over the samples, in nats for cross-entropies; not finite where a model diverged.
    public var loss: Double
    /// How many samples were tested.
    public var count: Int
    /// Further measures of a server's model, by name; a client's own has none.
    public var metrics: [String: Double] = [:]
    /// How a server's model did class by class; nil for numbers, and for a client's own.
    public var classes: ClassResults?

    /// The result of testing `count` samples.
    public init(
        accuracy: Double, loss: Double, count: Int, metrics: [String: Double] = [:],
        classes: ClassResults? = nil
    ) {
        self.accuracy = accuracy
        self.loss = loss
        self.count = count
        self.metrics = metrics
        self.classes = classes
    }

    /// The numbers that records keep; the others stand beside them.
    package var short: Evaluation { Evaluation(accuracy: accuracy, loss: loss, count: count) }

    private enum CodingKeys: String, CodingKey {
        case accuracy, loss, count, metrics, classes
    }

    /// Reads also what earlier versions wrote, which had no more than accuracy, loss and count.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        accuracy = try values.decode(Double.self, forKey: .accuracy)
        loss = try values.decode(Double.self, forKey: .loss)
        count = try values.decode(Int.self, forKey: .count)
        metrics = try values.decodeIfPresent([String: Double].self, forKey: .metrics) ?? [:]
        classes = try values.decodeIfPresent(ClassResults.self, forKey: .classes)
    }

    /// Leaves out what there is not, as earlier versions did.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(accuracy, forKey: .accuracy)
        try values.encode(loss, forKey: .loss)
        try values.encode(count, forKey: .count)
        if !metrics.isEmpty { try values.encode(metrics, forKey: .metrics) }
        try values.encodeIfPresent(classes, forKey: .classes)
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
