import Foundation
import NIOSSL

/// A certificate and its key, both as PEM files.
public struct TLSFiles: Sendable, Hashable {
    /// The server's certificate, and those that lead to a known authority.
    public var certificatePath: String
    /// Its private key, without a passphrase.
    public var keyPath: String

    /// Where both are.
    public init(certificatePath: String, keyPath: String) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }

    /// What NIOSSL makes of them.
    /// - Throws: `TLSFilesError`.
    package func configuration() throws(TLSFilesError) -> TLSConfiguration {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificatePath)
        } catch {
            throw TLSFilesError(path: certificatePath, kind: "certificate")
        }
        guard !chain.isEmpty else {
            throw TLSFilesError(path: certificatePath, kind: "certificate")
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: keyPath, format: .pem)
        } catch {
            throw TLSFilesError(path: keyPath, kind: "private key")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSFilesError(path: keyPath, kind: "private key of the certificate")
        }
        return configuration
    }
}

/// Why a certificate or key is not used.
public struct TLSFilesError: Error, Equatable, Sendable, CustomStringConvertible {
    public var path: String
    public var kind: String

    public var description: String { "\(path) holds no \(kind) in PEM form that can be read" }
}
