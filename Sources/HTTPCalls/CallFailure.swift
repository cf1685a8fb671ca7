import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// What went wrong on the way to a server, as a clause about it.
public func describeCallFailure(_ error: any Error) -> String {
    switch error {
    case let error as HTTPClientError where error == .connectTimeout: "it cannot be reached"
    case let error as HTTPClientError where error == .remoteConnectionClosed:
        "it closed the connection"
    case let error as HTTPClientError where error == .deadlineExceeded:
        "it took too long to answer"
    case let error as HTTPClientError: error.shortDescription
    case let error as IOError: String(cString: strerror(error.errnoCode)).lowercased()
    case let error as NIOConnectionError:
        error.connectionErrors.first.map { describeCallFailure($0.error) }
            ?? "its name is not known"
    case is NIOSSLError: "it has no certificate that can be trusted"
    default: "\(error)"
    }
}
