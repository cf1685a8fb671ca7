/// Why a node takes no part in a Flower federation, or no longer.
public enum FlowerNodeError: Error, Hashable, Sendable {
    /// The text is no SuperLink's address.
    case invalidAddress(String, reason: String)
    /// The file of the node's private key cannot be used.
    case keyFile(path: String, reason: String)
    /// The file of certificate authorities cannot be used.
    case certificateFile(path: String, reason: String)
    /// The SuperLink has not answered for as long as the node was to try.
    case gaveUp(SuperLinkAddress, seconds: Double, reason: String)
    /// The SuperLink does not let the node take part.
    case refused(SuperLinkAddress, reason: String)
    /// SuperLink and node cannot talk, however often they try.
    case cannotTalk(SuperLinkAddress, reason: String)
    /// Something answers, but it is no SuperLink with the Fleet API over HTTP.
    case notASuperLink(SuperLinkAddress, reason: String)
}

extension FlowerNodeError: CustomStringConvertible {
    /// One sentence that names the value, its place and what was expected.
    public var description: String {
        switch self {
        case .invalidAddress(let text, let reason):
            "“\(text)” is no SuperLink's address: \(reason)"
        case .keyFile(let path, let reason): "--key-file \(path): \(reason)"
        case .certificateFile(let path, let reason): "--ca \(path): \(reason)"
        case .gaveUp(let address, let seconds, let reason):
            "no answer from \(address) for \(Int(seconds.rounded())) s: \(reason)"
        case .cannotTalk(let address, let reason): "cannot talk to \(address): \(reason)"
        case .refused(let address, let reason):
            "the SuperLink at \(address) refuses this node: \(reason)"
        case .notASuperLink(let address, let reason): "\(address) is no SuperLink: \(reason)"
        }
    }
}
