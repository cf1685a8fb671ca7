/// Who can reach a server, and what protects it.
public struct Exposure: Sendable, Hashable {
    /// The address it listens on.
    public var host: String
    /// Whether connections are encrypted.
    public var hasTLS: Bool
    /// Whether clients must present tokens.
    public var hasTokens: Bool

    /// A server on that address with that protection.
    public init(host: String, hasTLS: Bool, hasTokens: Bool) {
        self.host = host
        self.hasTLS = hasTLS
        self.hasTokens = hasTokens
    }

    /// Whether only programs on the same machine reach it.
    public var isLoopback: Bool {
        HostAuthority(host: host)?.isLoopback == true
    }

    /// Whether anyone who reaches it could read or spoil a run.
    public var isInsecure: Bool { !isLoopback && !(hasTLS && hasTokens) }

    /// Refuses to be insecure unless that is what was asked for.
    /// - Throws: `ExposureError`.
    public func check(allowInsecure: Bool) throws(ExposureError) {
        guard isInsecure, !allowInsecure else { return }
        throw ExposureError(host: host, lacksTLS: !hasTLS, lacksTokens: !hasTokens)
    }
}

/// Why a server does not start where others could reach it.
public struct ExposureError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The address that it was to listen on.
    public var host: String
    /// Whether connections would not be encrypted.
    public var lacksTLS: Bool
    /// Whether clients would present no tokens.
    public var lacksTokens: Bool

    /// One sentence that says what is missing.
    public var description: String {
        let missing =
            switch (lacksTLS, lacksTokens) {
            case (true, true): "--tls-cert, --tls-key and --token-file"
            case (true, false): "--tls-cert and --tls-key"
            default: "--token-file"
            }
        return "\(host) can be reached from other machines: give \(missing), or say --insecure"
    }
}
