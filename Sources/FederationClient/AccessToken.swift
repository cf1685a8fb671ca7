import Foundation
import HTTPCalls
import Platform

/// What tells the server who a client is: sent in a header, and nowhere else.
public struct AccessToken: Sendable, CustomStringConvertible {
    /// Never printed.
    package let text: String

    /// Longest token that is read, in bytes.
    static let byteLimit = 512

    /// Reads a token from a file that nobody but its owner may read: one line.
    /// - Throws: `ClientError.tokenFile`.
    public init(contentsOf path: String) throws(ClientError) {
        func failure(_ reason: String) -> ClientError { .tokenFile(path: path, reason: reason) }
        let content: [UInt8]?
        do {
            content = try PrivateFile.read(path, byteLimit: Self.byteLimit + 64)
        } catch {
            throw failure(error.reason)
        }
        guard let bytes = content else { throw failure(String(cString: strerror(ENOENT))) }
        let lines = TextLines(bytes).map(\.text)
        let token = lines.first ?? []
        guard !token.isEmpty, token.count <= Self.byteLimit,
            token.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            lines.dropFirst().allSatisfy(\.isEmpty)
        else {
            throw failure(
                "expected one line of 1 to \(Self.byteLimit) printable characters without spaces")
        }
        text = String(decoding: token, as: UTF8.self)
    }

    /// "(a token)": what it is stays out of messages and logs.
    public var description: String { "(a token)" }
}
