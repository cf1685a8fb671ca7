import Foundation

/// A node's key pair, by which a SuperLink knows it: P-256, signing the time of every call.
public struct NodeIdentity: Sendable {
    let key: SigningKey
    /// The public key as PEM, with a line's end behind its last line.
    package let publicKey: Data
    /// Whether it outlives the process.
    public let isKept: Bool

    /// A new key that nobody keeps.
    public init() { self.init(SigningKey(), isKept: false) }

    package init(_ key: SigningKey, isKept: Bool) {
        self.key = key
        self.isKept = isKept
        publicKey = Data((key.publicPEM + "\n").utf8)
    }

    /// What a call says of who makes it, and when.
    ///
    /// The signature is ECDSA with SHA-256 over the timestamp's text, in DER.
    func headers(at time: Date = Date()) throws -> [(name: String, value: String)] {
        let timestamp = Self.timestamp(time)
        let signature = try key.signature(of: Array(timestamp.utf8))
        return [
            ("flwr-public-key", publicKey.base64EncodedString()),
            ("flwr-timestamp", timestamp),
            ("flwr-signature", Data(signature).base64EncodedString()),
        ]
    }

    /// ISO 8601 in UTC with microseconds: 2026-01-31T12:00:00.000000+00:00.
    package static func timestamp(_ time: Date) -> String {
        let microseconds = Int((time.timeIntervalSince1970 * 1e6).rounded())
        var seconds = time_t(microseconds / 1_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return String(
            format: "%04d-%02d-%02dT%02d:%02d:%02d.%06d+00:00", Int(parts.tm_year) + 1900,
            Int(parts.tm_mon) + 1, Int(parts.tm_mday), Int(parts.tm_hour), Int(parts.tm_min),
            Int(parts.tm_sec), microseconds % 1_000_000)
    }
}
