import Foundation

/// Where a SuperLink is: scheme, host and port, like "http://127.0.0.1:8000".
public struct SuperLinkAddress: Hashable, Sendable, CustomStringConvertible {
    /// Without a slash at the end.
    public let text: String

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
        guard parts.query == nil, parts.fragment == nil, ["", "/"].contains(parts.path) else {
            throw failure("expected nothing behind the port")
        }
        let port = parts.port ?? Self.usualPort
        guard (1...65_535).contains(port) else { throw failure("expected a port from 1 to 65535") }
        self.text = "\(scheme)://\(host):\(port)"
    }

    public var description: String { text }
}
