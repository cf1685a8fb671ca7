import Foundation

/// What tells the server who a client is: sent in a header, and nowhere else.
public struct AccessToken: Sendable, CustomStringConvertible {
    /// Never printed.
    let text: String

    /// Longest token that is read, in bytes.
    static let byteLimit = 512

    /// Reads a token from a file that nobody but its owner may read: one line.
    /// - Throws: `ClientError.tokenFile`.
    public init(contentsOf path: String) throws(ClientError) {
        func failure(_ reason: String) -> ClientError { .tokenFile(path: path, reason: reason) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
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
        var bytes = [UInt8](repeating: 0, count: Self.byteLimit + 2)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw failure(String(cString: strerror(errno))) }
        let line = bytes.prefix(count).split(separator: 0x0A, omittingEmptySubsequences: false)
        let token = (line.first ?? []).filter { $0 != 0x0D }
        guard !token.isEmpty, token.count <= Self.byteLimit,
            token.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            line.dropFirst().allSatisfy({ $0.isEmpty })
        else {
            throw failure(
                "expected one line of 1 to \(Self.byteLimit) printable characters without spaces")
        }
        text = String(decoding: token, as: UTF8.self)
    }

    public var description: String { "(a token)" }
}
