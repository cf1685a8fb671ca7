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
        for path in [certificatePath, keyPath] where access(path, R_OK) != 0 {
            throw TLSFilesError(path: path, .cannotRead(String(cString: strerror(errno))))
        }
        try Self.checkMode(keyPath)
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificatePath)
        } catch {
            throw TLSFilesError(path: certificatePath, .holdsNo("certificate"))
        }
        guard !chain.isEmpty else {
            throw TLSFilesError(path: certificatePath, .holdsNo("certificate"))
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: keyPath, format: .pem)
        } catch {
            throw TLSFilesError(path: keyPath, .holdsNo("private key"))
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSFilesError(path: keyPath, .holdsNo("private key of the certificate"))
        }
        return configuration
    }

    /// Refuses a key that others may read: all but its owner, or but root and a group that root gave it
    /// to, as distributions do for their servers.
    private static func checkMode(_ path: String) throws(TLSFilesError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw TLSFilesError(path: path, .cannotRead(String(cString: strerror(errno))))
        }
        let mode = Int(status.st_mode) & 0o777
        let forbidden = status.st_uid == 0 ? 0o037 : 0o077
        guard mode & forbidden == 0 else { throw TLSFilesError(path: path, .notPrivate(mode)) }
    }
}

/// Why a certificate or key is not used.
public struct TLSFilesError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file.
    public var path: String
    /// What is wrong with it.
    public var problem: Problem

    /// What is wrong with the file.
    public enum Problem: Equatable, Sendable {
        /// The system does not let it be read, in its words.
        case cannotRead(String)
        /// It is not what it should be.
        case holdsNo(String)
        /// Others may read the key: the file's mode.
        case notPrivate(Int)
    }

    /// A problem of that file.
    public init(path: String, _ problem: Problem) {
        self.path = path
        self.problem = problem
    }

    /// One sentence with the file and what was expected.
    public var description: String {
        switch problem {
        case .cannotRead(let reason): "cannot read \(path): \(reason)"
        case .holdsNo(let kind): "\(path) holds no \(kind) in PEM form that can be read"
        case .notPrivate(let mode):
            """
            \(path) has the mode \(String(mode, radix: 8)), so that others may read the key: \
            expected 600, or 640 where root owns it
            """
        }
    }
}
