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
    /// What the strategy's parts say of it, by name.
    public var metrics: [String: Double]

    /// A round as it is committed.
    public init(
        record: RoundRecord, classCounts: [Int: [Int]] = [:], seconds: Double = 0,
        trainingSeconds: Double = 0, evaluationSeconds: Double = 0,
        observedDrops: [ClientDrop] = [], metrics: [String: Double] = [:]
    ) {
        self.record = record
        self.classCounts = classCounts
        self.seconds = seconds
        self.trainingSeconds = trainingSeconds
        self.evaluationSeconds = evaluationSeconds
        self.observedDrops = observedDrops
        self.metrics = metrics
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
