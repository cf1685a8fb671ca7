import Foundation
import HTTPCalls

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
        let new = NodeIdentity(SigningKey(), isKept: true)
        try Self.write(new.key.privatePEM + "\n", to: path)
        self = new
    }

    /// nil where there is no such file.
    private static func read(_ path: String) throws(FlowerNodeError) -> NodeIdentity? {
        func failure(_ reason: String) -> FlowerNodeError { .keyFile(path: path, reason: reason) }
        let content: [UInt8]?
        do {
            content = try PrivateFile.read(path, byteLimit: byteLimit)
        } catch {
            throw failure(error.reason)
        }
        guard let bytes = content else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let key = SigningKey(pem: text) else {
            throw failure("expected a private key of the curve P-256 in PEM form")
        }
        return NodeIdentity(key, isKept: true)
    }

    /// Writes the whole file or none, and none in another's place.
    private static func write(_ text: String, to path: String) throws(FlowerNodeError) {
        let draft = "\(path).\(getpid())"
        func failure() -> FlowerNodeError {
            .keyFile(
                path: path, reason: "it cannot be written: \(String(cString: strerror(errno)))")
        }
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure() }
        defer {
            close(descriptor)
            unlink(draft)
        }
        let bytes = Array(text.utf8)
        guard writeBytes(descriptor, bytes) == bytes.count, fsync(descriptor) == 0,
            link(draft, path) == 0
        else { throw failure() }
    }
}

/// The system's `write`, whose name is the method's inside the type.
private func writeBytes(_ descriptor: Int32, _ bytes: [UInt8]) -> Int {
    write(descriptor, bytes, bytes.count)
}
