import Foundation

/// Where a SuperLink is: scheme, host and port, like "http://127.0.0.1:8000", and a path where a proxy
/// serves it under one, like "https://example.org/superlink".
public struct SuperLinkAddress: Hashable, Sendable, CustomStringConvertible {
    /// Without a slash at the end.
    public let text: String
    /// The host, an address of IPv6 without its brackets.
    public let host: String
    /// The port.
    public let port: Int

    /// The port where a SuperLink's Fleet API is, unless an address names one.
    static let usualPort = 8000

    /// Reads an address.
    /// - Throws: `FlowerNodeError.invalidAddress`.
    public init(_ text: String) throws(FlowerNodeError) {
        func failure(_ reason: String) -> FlowerNodeError {
            .invalidAddress(String(text.prefix(200)), reason: reason)
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
            let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme)
        else { throw failure("expected http://HOST:PORT or https://HOST:PORT") }
        guard parts.user == nil, parts.password == nil else {
            throw failure("a name or password has no place in it")
        }
        guard parts.query == nil, parts.fragment == nil else {
            throw failure("expected nothing behind the path")
        }
        let segments = parts.percentEncodedPath.split(separator: "/")
        let port = parts.port ?? (segments.isEmpty ? Self.usualPort : scheme == "https" ? 443 : 80)
        guard (1...65_535).contains(port) else { throw failure("expected a port from 1 to 65535") }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        self.host = bare
        self.port = port
        let shown = bare.contains(":") ? "[\(bare)]" : bare
        self.text = (["\(scheme)://\(shown):\(port)"] + segments).joined(separator: "/")
    }

    /// As it was given.
    public var description: String { text }
}
