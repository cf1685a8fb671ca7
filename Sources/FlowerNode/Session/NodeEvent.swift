/// What happens to a node, for whoever shows it.
public enum NodeEvent: Sendable {
    /// The SuperLink has taken the node in under that number, for the first time or again.
    case joined(node: UInt64)
    /// The SuperLink does not let the node take its place yet, in its words; the node keeps trying.
    case waiting(reason: String)
    /// The SuperLink does not answer, and why; the node keeps trying.
    case away(reason: String)
    /// The SuperLink answers again, after so many seconds.
    case back(seconds: Double)
    /// The node begins with a request; the round is nil where the server does not say it.
    case began(task: String, settings: TaskSettings)
    /// The SuperLink has the reply to a `train`; the seconds are those from request to reply.
    case trained(TrainedTask, settings: TaskSettings, seconds: Double)
    /// The SuperLink has the reply to an `evaluate`.
    case evaluated(EvaluatedTask, settings: TaskSettings, seconds: Double)
    /// The SuperLink has been told that a request cannot be served, and why.
    case refused(reason: String)
    /// A reply was not delivered, and why.
    case dropped(reason: String)
}
