import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Platform

/// What went wrong on the way to a server.
public struct CallFailure: Hashable, Sendable {
    /// A clause about the server: "it cannot be reached".
    public var reason: String
    /// Whether the next attempt would fail alike: what server and caller say to each other does not
    /// depend on when they say it.
    public var isFinal: Bool

    /// What an error of a call means.
    public init(_ error: any Error) {
        switch error {
        case let error as HTTPClientError:
            self.init(
                Self.reason(error), isFinal: Self.finalErrors.contains(error))
        case let error as IOError:
            self.init(String(cString: strerror(error.errnoCode)).lowercased())
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first {
                self.init(first.error)
            } else {
                self.init("its name is not known")
            }
        // A server that is killed ends an answer wherever it is, and may be back soon.
        case HTTPParserError.invalidEOFState, HTTPParserError.closedConnection:
            self.init("it closed the connection")
        case is HTTPParserError:
            self.init("what it answers is no HTTP: does it take https://?", isFinal: true)
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            self = Self.otherName
        case let error as NIOSSLError: self = Self.failure(error)
        default: self.init("\(error)".printable(limit: 200))
        }
    }

    /// What an error of a call to that address means. One more connection says, where it is the
    /// certificate's name, which it is, and, where a connection without TLS ends without a word, whether
    /// that is because the server has one.
    public static func explaining(
        _ error: any Error, host: String, port: Int, isSecure: Bool
    ) async -> CallFailure {
        var failure = CallFailure(error)
        if failure == .otherName,
            let names = await PeerCertificate.names(host: host, port: port)
        {
            failure.reason = "its certificate is for \(names), not for \(host)"
        }
        if !isSecure, error as? HTTPClientError == .remoteConnectionClosed,
            await PeerCertificate.names(host: host, port: port) != nil
        {
            return CallFailure("it speaks TLS: does it take https://?", isFinal: true)
        }
        return failure
    }

    private static let otherName = CallFailure(
        "its certificate is for another name", isFinal: true)

    private init(_ reason: String, isFinal: Bool = false) {
        self.reason = reason
        self.isFinal = isFinal
    }

    private static let finalErrors: [HTTPClientError] = [.invalidURL, .emptyHost]

    private static func reason(_ error: HTTPClientError) -> String {
        switch error {
        case .connectTimeout: "it cannot be reached"
        case .remoteConnectionClosed: "it closed the connection"
        case .deadlineExceeded: "it took too long to answer"
        case .tlsHandshakeTimeout: "it does not answer as a server with TLS: does it take http://?"
        default: error.shortDescription
        }
    }

    /// BoringSSL says what is wrong in its words alone.
    private static func failure(_ error: NIOSSLError) -> CallFailure {
        let words = "\(error)"
        func says(_ word: String) -> Bool { words.contains(word) }
        if says("WRONG_VERSION_NUMBER") || says("HTTP_REQUEST") || says("INVALID_RECORD")
            || says("UNEXPECTED_RECORD")
        {
            return CallFailure("it does not speak TLS: does it take http://?", isFinal: true)
        }
        if says("CERTIFICATE_VERIFY_FAILED") || error == .unableToValidateCertificate {
            return CallFailure(
                "its certificate is of nobody who is trusted here, or out of date", isFinal: true)
        }
        if says("EOF during handshake") || error == .uncleanShutdown {
            return CallFailure("it closed the connection")
        }
        let isHandshake = if case .handshakeFailed = error { true } else { false }
        return CallFailure(
            "server and client find no common way to speak TLS", isFinal: isHandshake)
    }
}

/// What went wrong on the way to a server, as a clause about it.
public func describeCallFailure(_ error: any Error) -> String { CallFailure(error).reason }
