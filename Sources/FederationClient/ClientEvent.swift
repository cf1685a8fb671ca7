import FederationWire

/// What happens to a client, for whoever shows it.
public enum ClientEvent: Sendable {
    /// The server has taken the client into a run, for the first time or again.
    case registered(RunIdentifier)
    /// The server does not answer, and why; the client keeps trying.
    case away(reason: String)
    /// The server answers again, after so many seconds.
    case back(seconds: Double)
    /// There is nothing to do, because others are missing.
    case waiting(RoundWait)
    /// The client begins to train.
    case training(round: Int)
    /// The server has the client's update.
    case uploaded(round: Int, TrainingResult, byteCount: Int)
    /// The server had no use for what the client did in that round, and why.
    case dropped(round: Int, reason: String)
    /// How the last committed round went, as soon as the server says it.
    case committed(CommittedSummary)
}
