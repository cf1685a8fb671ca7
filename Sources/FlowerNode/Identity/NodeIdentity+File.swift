import Crypto
import Foundation

extension NodeIdentity {
    /// Longest key file that is read, in bytes.
    private static let byteLimit = 16_384

    /// The key in a file that nobody but its owner may read; where there is none, a new one is written.
    /// - Throws: `FlowerNodeError.keyFile`.
    public init(keyFile path: String) throws(FlowerNodeError) {
        if let kept = try Self.read(path) {
            self = kept
            return
        }
        let new = NodeIdentity(P256.Signing.PrivateKey(), isKept: true)
        try Self.write(new.privatePEM + "\n", to: path)
        self = new
    }

    /// nil where there is no such file.
    private static func read(_ path: String) throws(FlowerNodeError) -> NodeIdentity? {
        func failure(_ reason: String) -> FlowerNodeError { .keyFile(path: path, reason: reason) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure(systemMessage(errno))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw failure("it is no file")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw failure(
                "others may read it (mode \(mode)): expected 600, as `chmod 600` makes it")
        }
        var bytes = [UInt8](repeating: 0, count: byteLimit)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw failure(systemMessage(errno)) }
        let text = String(decoding: bytes.prefix(count), as: UTF8.self)
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: text) else {
            throw failure("expected a private key of the curve P-256 in PEM form")
        }
        return NodeIdentity(key, isKept: true)
    }

    /// Writes the whole file or none, and none in another's place.
    private static func write(_ text: String, to path: String) throws(FlowerNodeError) {
        let draft = "\(path).\(getpid())"
        func failure() -> FlowerNodeError {
            .keyFile(path: path, reason: "it cannot be written: \(systemMessage(errno))")
        }
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure() }
        defer {
            close(descriptor)
            unlink(draft)
        }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
            link(draft, path) == 0
        else { throw failure() }
    }
}
