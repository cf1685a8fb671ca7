import Platform

/// Why a run is not kept as it should be, and what there is of it all the same; one sentence.
public enum RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A round could not be committed, which ended the run; a sentence of why, and a clause of what has
    /// been written.
    case notCommitted(reason: String, kept: String)
    /// It was interrupted before there was anything to write.
    case nothingToLog
    /// The store could not note the end; the log of that many rounds is there.
    case notEnded(reason: String, rounds: Int, log: String)

    /// One sentence.
    public var description: String {
        switch self {
        case .notCommitted(let reason, let kept): "\(reason); \(kept)"
        case .nothingToLog:
            "interrupted before the first round was over: there is nothing to log"
        case .notEnded(let reason, let rounds, let log):
            "\(reason); the log of \(Text.plural(rounds, "round")) is \(log)"
        }
    }
}
