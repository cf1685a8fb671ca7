/// A committed round with what is known of it beyond its record.
public struct CommittedRound: Hashable, Sendable {
    /// What the round was made of.
    public var record: RoundRecord
    /// Training samples by client and class.
    public var classCounts: [Int: [Int]]
    /// From opening to commit.
    public var seconds: Double
    /// Local training since the commit before, summed over threads.
    public var trainingSeconds: Double
    /// Evaluation since the commit before, summed over threads.
    public var evaluationSeconds: Double

    /// A round as it is committed.
    public init(
        record: RoundRecord, classCounts: [Int: [Int]] = [:], seconds: Double = 0,
        trainingSeconds: Double = 0, evaluationSeconds: Double = 0
    ) {
        self.record = record
        self.classCounts = classCounts
        self.seconds = seconds
        self.trainingSeconds = trainingSeconds
        self.evaluationSeconds = evaluationSeconds
    }
}
