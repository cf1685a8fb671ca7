import Foundation

/// Where a server is: scheme, host and port, like "https://federation.example:9103".
public struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// Without a slash at the end.
    public let text: String
    /// Whether it is reached by TLS.
    public let isSecure: Bool
    /// Whether the host is this machine by name or number.
    public let isLoopback: Bool

    /// Reads an address; 9103 is the port unless it names one.
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
        guard parts.query == nil, parts.fragment == nil, ["", "/"].contains(parts.path) else {
            throw failure("expected nothing behind the port")
        }
        let port = parts.port ?? 9103
        guard (1...65_535).contains(port) else { throw failure("expected a port from 1 to 65535") }
        isSecure = scheme == "https"
        isLoopback = ["127.0.0.1", "localhost", "[::1]", "::1"].contains(host.lowercased())
        self.text = "\(scheme)://\(host):\(port)"
    }

    public var description: String { text }
}
