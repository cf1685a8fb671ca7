import Foundation

/// A host and a port as requests and options name them, in the one form in which they are compared.
package struct HostAuthority: Hashable, Sendable {
    /// A name in lower-case letters without a point at its end, or an address: 127.0.0.1, ::1.
    package let host: String
    /// nil where none is named.
    package let port: Int?

    /// Reads "name", "name:80", "127.0.0.1:80" or "[::1]:80", as the header “Host” has it; nil for
    /// anything else.
    package init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        let host: Substring
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.startIndex...end]
            rest = rest[rest.index(after: end)...]
        } else {
            host = rest.prefix { $0 != ":" }
            rest = rest.dropFirst(host.count)
        }
        if rest.isEmpty {
            port = nil
        } else {
            let digits = rest.dropFirst()
            guard rest.first == ":", digits.utf8.allSatisfy({ $0 &- 0x30 < 10 }),
                digits.isEmpty || digits.utf8.count <= 5
            else { return nil }
            port = Int(digits)
        }
        guard let canonical = Self.canonical(host) else { return nil }
        self.host = canonical
    }

    /// Reads a host alone, an address of IPv6 with or without its brackets.
    package init?(host text: some StringProtocol) {
        guard let canonical = Self.canonical(Substring(text)) else { return nil }
        host = canonical
        port = nil
    }

    /// Whether nothing but this machine has that name or address.
    package var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.") && isIPv4
    }

    /// Whether it stands for all addresses of a machine.
    package var isWildcard: Bool { host == "0.0.0.0" || host == "::" }

    private var isIPv4: Bool {
        var address = in_addr()
        return inet_pton(AF_INET, host, &address) == 1
    }

    private static func canonical(_ text: Substring) -> String? {
        var name = text.lowercased()
        if name.hasPrefix("[") {
            guard name.hasSuffix("]") else { return nil }
            return ipv6(String(name.dropFirst().dropLast()))
        }
        if name.contains(":") { return ipv6(name) }
        if name.hasSuffix(".") { name.removeLast() }
        let isName =
            (1...253).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
        return isName && !name.hasPrefix(".") && !name.contains("..") ? name : nil
    }

    /// The shortest form of an address; one of IPv4 that is written as IPv6 is that of IPv4.
    private static func ipv6(_ text: String) -> String? {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        var address = in6_addr()
        guard inet_pton(AF_INET6, String(parts[0]), &address) == 1 else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &buffer, socklen_t(buffer.count)) != nil else {
            return nil
        }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let shortest = String(decoding: bytes, as: UTF8.self)
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
            return shortest + "%" + parts[1]
        }
        let mapped = "::ffff:"
        return shortest.hasPrefix(mapped) && shortest.contains(".")
            ? String(shortest.dropFirst(mapped.count)) : shortest
    }
}
