import AsyncHTTPClient
import NIOCore
import NIOPosix
import NIOSSL

/// Why a call gave no answer that can be used.
enum CallError: Error {
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

    /// What went wrong on the way, as a clause.
    static func describe(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError where error == .connectTimeout: "it cannot be reached"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            "it closed the connection"
        case let error as HTTPClientError where error == .deadlineExceeded:
            "it took too long to answer"
        case let error as HTTPClientError: error.shortDescription
        case let error as IOError: systemMessage(error.errnoCode)
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { describe($0.error) } ?? "its name is not known"
        case is NIOSSLError: "it has no certificate that can be trusted"
        default: "\(error)"
        }
    }
}
