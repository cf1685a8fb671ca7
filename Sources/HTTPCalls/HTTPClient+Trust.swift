import AsyncHTTPClient
import Foundation
import NIOCore
import NIOSSL

extension HTTPClient {
    /// A client for calls of one server.
    ///
    /// It follows no redirect, because what it carries (a token, a signature) is for nobody else, and
    /// tries once, because attempts are counted and paced by `Patience`.
    /// - Parameters:
    ///   - certificateFile: a PEM file with the authorities to trust; nil for the system's.
    ///   - readSeconds: how long an answer may be silent.
    /// - Throws: `CredentialFileError`.
    public static func forCalls(
        certificateFile: String?, readSeconds: Int64
    ) throws(CredentialFileError) -> HTTPClient {
        var configuration = Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = Configuration.Timeout(
            connect: .seconds(5), read: .seconds(readSeconds), write: .seconds(60))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        if let certificateFile {
            guard access(certificateFile, R_OK) == 0 else {
                throw CredentialFileError(reason: String(cString: strerror(errno)))
            }
            do {
                var tls = TLSConfiguration.makeClientConfiguration()
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(certificateFile))
                configuration.tlsConfiguration = tls
            } catch {
                throw CredentialFileError(reason: "expected certificates in PEM form")
            }
        }
        return HTTPClient(
            eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }
}
