/// A committed round with what is known of it beyond its record.
public struct CommittedRound: Hashable, Sendable {
    /// What the round was made of.
    public var record: RoundRecord
    /// Training samples by client and class.
    public var classCounts: [Int: [Int]]
    /// From opening, or from when all that a served round needs were there, to commit.
    public var seconds: Double
    /// Local training since the commit before, summed over threads.
    public var trainingSeconds: Double
    /// Evaluation since the commit before, summed over threads.
    public var evaluationSeconds: Double
    /// Clients that were seen to vanish since the commit before, in the order of time. Those of a
    /// simulation, which nobody sees, are in the record alone: `drops` has both.
    public var observedDrops: [ClientDrop]
    /// What the strategy's parts say of it, and what its test measured beside accuracy and loss, by name.
    public var metrics: [String: Double]
    /// How its model did class by class; nil where it was not tested, where numbers are predicted, and
    /// where a later round was tested: only the last one's is kept.
    public var classes: ClassResults?

    /// A round as it is committed.
    public init(
        record: RoundRecord, classCounts: [Int: [Int]] = [:], seconds: Double = 0,
        trainingSeconds: Double = 0, evaluationSeconds: Double = 0,
        observedDrops: [ClientDrop] = [], metrics: [String: Double] = [:],
        classes: ClassResults? = nil
    ) {
        self.record = record
        self.classCounts = classCounts
        self.seconds = seconds
        self.trainingSeconds = trainingSeconds
        self.evaluationSeconds = evaluationSeconds
        self.observedDrops = observedDrops
        self.metrics = metrics
        self.classes = classes
    }

    /// This round at the end of those before, whose results by class it takes the place of.
    package func append(to rounds: inout [CommittedRound]) {
        if classes != nil, let last = rounds.lastIndex(where: { $0.classes != nil }) {
            rounds[last].classes = nil
        }
        rounds.append(self)
    }

    /// All clients that the round lost: those seen to vanish, and those whose part is incomplete for a
    /// reason that nobody saw happen.
    public var drops: [ClientDrop] {
        observedDrops
            + record.clients.compactMap { part in
                guard let failure = part.failure,
                    !observedDrops.contains(where: {
                        $0.client == part.client && $0.reason == failure.reason
                    })
                else { return nil }
                return ClientDrop(
                    client: part.client, round: record.round, reason: failure.reason)
            }
    }
}
