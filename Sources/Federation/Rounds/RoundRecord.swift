/// What a committed round was made of; the same whatever order its events came in.
public struct RoundRecord: Hashable, Sendable, Codable {
    /// One client's part in a round.
    public struct Client: Hashable, Sendable, Codable {
        /// The client's id.
        public var client: Int
        /// Its training samples; nil if it failed before its update was in the sum.
        public var sampleCount: Int?
        /// How its own model did; nil where clients are not evaluated or it failed.
        public var evaluation: Evaluation?
        /// Why its part is incomplete.
        public var failure: ClientFailure?
        /// ‖y − x‖₂ of what it sent; see `ChangeMeasure`.
        public var updateNorm: Double?
        /// The cosine of that change with the one that the global model made in the round before.
        public var updateCosine: Double?

        /// The part of `client` in a round.
        public init(
            client: Int, sampleCount: Int?, evaluation: Evaluation? = nil,
            failure: ClientFailure? = nil, updateNorm: Double? = nil,
            updateCosine: Double? = nil
        ) {
            self.client = client
            self.sampleCount = sampleCount
            self.evaluation = evaluation
            self.failure = failure
            self.updateNorm = updateNorm
            self.updateCosine = updateCosine
        }
    }

    /// The round's number, 1…R.
    public var round: Int
    /// Those that reported or failed, by ascending id.
    public var clients: [Client]
    /// How the new global model did; nil where it was not tested.
    public var global: Evaluation?

    /// The record of a round.
    public init(round: Int, clients: [Client], global: Evaluation?) {
        self.round = round
        self.clients = clients
        self.global = global
    }
}

/// How a run ended.
public enum Outcome: Hashable, Sendable, Codable, CustomStringConvertible {
    /// All rounds are committed.
    case completed
    /// The global model reached the target accuracy in that round, the last one committed.
    case reachedTarget(round: Int)
    /// The best accuracy is so many rounds old.
    case noProgress(rounds: Int)
    /// It was told to stop; committed rounds are kept.
    case interrupted
    /// A model or loss was no finite number: a client's, or (nil) the global model's.
    case diverged(client: Int?, round: Int, reason: String)
    /// The run cannot go on because of a client, or (nil) of too few.
    case failed(client: Int?, round: Int, reason: String)

    /// In words, with client, round and reason where there are: "diverged: client 3 in round 2: …".
    public var description: String {
        switch self {
        case .completed: "completed"
        case .reachedTarget: "target accuracy reached"
        case .noProgress(let rounds): "no progress for \(rounds) rounds"
        case .interrupted: "interrupted"
        case .diverged(let client?, let round, let reason):
            "diverged: client \(client) in round \(round): \(reason)"
        case .diverged(nil, let round, let reason):
            "diverged: the global model of round \(round): \(reason)"
        case .failed(nil, let round, let reason):
            "failed: round \(round): \(reason)"
        case .failed(let client?, let round, let reason):
            "failed: client \(client) in round \(round): \(reason)"
        }
    }
}
