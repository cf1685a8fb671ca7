import Foundation

/// Why a file with a token, a key or certificates cannot be used.
public struct CredentialFileError: Error, Hashable, Sendable {
    /// As a clause, without the file's name.
    public let reason: String
}

/// A file with a secret.
public enum PrivateFile {
    /// At most so many bytes from the beginning of a file that nobody but its owner may read; nil where
    /// there is none.
    /// - Throws: `CredentialFileError`.
    public static func read(
        _ path: String, byteLimit: Int
    ) throws(CredentialFileError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw CredentialFileError(reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw CredentialFileError(reason: "it is no file")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw CredentialFileError(
                reason: "others may read it (mode \(mode)): expected 600, as `chmod 600` makes it")
        }
        var bytes = [UInt8](repeating: 0, count: byteLimit)
        let count = readBytes(descriptor, &bytes, bytes.count)
        guard count >= 0 else {
            throw CredentialFileError(reason: String(cString: strerror(errno)))
        }
        return Array(bytes.prefix(count))
    }
}

/// The system's `read`, whose name is the method's inside the type.
private func readBytes(
    _ descriptor: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int
) -> Int { read(descriptor, bytes, count) }
