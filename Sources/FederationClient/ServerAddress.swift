import Foundation

/// Where a server is: scheme, host and port, like "https://federation.example:9103", and a path where a
/// proxy serves it under one, like "https://example.org/federation".
public struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// Without a slash at the end.
    public let text: String
    /// Whether it is reached by TLS.
    public let isSecure: Bool
    /// Whether the host is this machine by name or number.
    public let isLoopback: Bool
    /// The host, an address of IPv6 without its brackets.
    public let host: String
    /// The port.
    public let port: Int

    /// Reads an address. Unless it names a port that is 9103, or with a path, which only a proxy has, the
    /// scheme's own.
    /// - Throws: `ClientError.invalidAddress`.
    public init(_ text: String) throws(ClientError) {
        func failure(_ reason: String) -> ClientError {
            .invalidAddress(String(text.prefix(200)), reason: reason)
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty
        else { throw failure("expected http://HOST:PORT or https://HOST:PORT") }
        guard let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme) else {
            throw failure("expected http:// or https:// at its beginning")
        }
        guard parts.user == nil, parts.password == nil else {
            throw failure("a name or password has no place in it: tokens come from --token-file")
        }
        guard parts.query == nil, parts.fragment == nil else {
            throw failure("expected nothing behind the path")
        }
        let segments = parts.percentEncodedPath.split(separator: "/")
        let port = parts.port ?? (segments.isEmpty ? 9103 : scheme == "https" ? 443 : 80)
        guard (1...65_535).contains(port) else { throw failure("expected a port from 1 to 65535") }
        isSecure = scheme == "https"
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        isLoopback = Self.isLoopback(bare)
        self.host = bare
        self.port = port
        let shown = bare.contains(":") ? "[\(bare)]" : bare
        self.text = (["\(scheme)://\(shown):\(port)"] + segments).joined(separator: "/")
    }

    private static func isLoopback(_ host: String) -> Bool {
        if ["localhost", "::1"].contains(host.lowercased()) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// As it was given.
    public var description: String { text }
}
