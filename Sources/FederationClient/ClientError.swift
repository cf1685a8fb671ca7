import FederationWire

/// Why a client takes no part, or no longer.
public enum ClientError: Error, Hashable, Sendable {
    /// The text is no server's address.
    case invalidAddress(String, reason: String)
    /// The server has not answered for as long as the client was to try.
    case gaveUp(ServerAddress, seconds: Double, reason: String)
    /// The server does not let the client take part.
    case refused(APIError)
    /// Something answers, but it is no federation's server.
    case notAServer(ServerAddress, reason: String)
    /// Server and client cannot talk, however often they try.
    case cannotTalk(ServerAddress, reason: String)
    /// What stands before the server takes no body of that many bytes.
    case bodyTooLarge(ServerAddress, byteCount: Int)
    /// The participant can't take part any more.
    case cannotTrain(reason: String)
    /// The token's file cannot be used.
    case tokenFile(path: String, reason: String)
    /// The file of certificate authorities cannot be used.
    case certificateFile(path: String, reason: String)
}

extension ClientError: CustomStringConvertible {
    /// One sentence that names the value, its place and what was expected.
    public var description: String {
        switch self {
        case .invalidAddress(let text, let reason): "“\(text)” is no server's address: \(reason)"
        case .gaveUp(let address, let seconds, let reason):
            "no answer from \(address) for \(Int(seconds.rounded())) s: \(reason)"
        case .refused(let error): "the server refuses: \(error.message)"
        case .notAServer(let address, let reason):
            "\(address) is no federation's server: \(reason)"
        case .cannotTalk(let address, let reason): "cannot talk to \(address): \(reason)"
        case .bodyTooLarge(let address, let byteCount):
            "a proxy before \(address) takes no body of \(byteCount) bytes (413): raise its limit, "
                + "as nginx's client_max_body_size"
        case .cannotTrain(let reason): reason
        case .tokenFile(let path, let reason): "--token-file \(path): \(reason)"
        case .certificateFile(let path, let reason): "--ca \(path): \(reason)"
        }
    }
}
