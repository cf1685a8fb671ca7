import Federation
import FederationWire

/// What a server says to whoever runs it.
public enum ServerEvent: Sendable {
    /// Something that happens all the time.
    case note(String)
    /// Something that an operator wants to know.
    case notice(String)
    /// Whom the run waits for now; nil where all that it needs are there.
    case waiting(RoundWait?)
    /// A round has been made permanent.
    case committed(CommittedRound)
    /// The run has ended.
    case finished(Outcome)
    /// A round could not be made permanent.
    case failed(String)
}
