import HTTPCalls

/// Why a call gave no answer that can be used.
enum CallError: AttemptFailure {
    /// Nothing or nobody answered, or not now: it is worth trying again.
    case away(reason: String)
    /// The SuperLink does not know the node, or does not believe that it is this one (401).
    case unknownNode(reason: String)
    /// The SuperLink's answer is no, in its words.
    case refused(reason: String, code: Int?)
    /// There is no use in trying again.
    case fatal(FlowerNodeError)
    /// The node is to stop.
    case cancelled

    /// A SuperLink's number for a key that it has, or had, a node of.
    static let keyInUse = 23
    /// A SuperLink's number for a node that cannot take its place: it has it, or is not known.
    static let activationFailed = 2004

    var retry: (reason: String, afterSeconds: Double)? {
        guard case .away(let reason) = self else { return nil }
        return (reason, 0)
    }

    var thrown: any Error {
        switch self {
        case .fatal(let error): error
        case .cancelled: CancellationError()
        case .unknownNode, .refused, .away: self
        }
    }
}
