import JSON

/// Which version of the binary API a program speaks: routes, messages and bodies together.
///
/// Programs of version 1 know the code `wrong_version`, and show the sentence that comes with it.
public enum ProtocolVersion {
    /// What this package speaks.
    public static let current = 2

    /// The member that says it.
    static let member: (key: String, value: JSONValue) = ("protocol", .integer(current))

    /// Who says what version it speaks.
    enum Side: String {
        case client
        case server

        var other: Side { self == .client ? .server : .client }
    }

    /// Reads what the other side says; one of version 1 says nothing.
    /// - Throws: `APIError` with the code `wrong_version` and what is to be updated.
    static func check(_ fields: Fields, of side: Side) throws(APIError) {
        let said = fields.value(member.key)
        guard said != nil else { throw outdated(side, 1) }
        let version = try fields.int(member.key, in: 1...Int(Int32.max))
        guard version == current else { throw outdated(side, version) }
    }

    private static func outdated(_ side: Side, _ version: Int) -> APIError {
        let old = version < current ? side : side.other
        return APIError(
            .wrongVersion,
            "the \(side.rawValue) speaks version \(version) of the protocol, the "
                + "\(side.other.rawValue) version \(current): update the \(old.rawValue)",
            expected: .integer(current), got: .integer(version))
    }
}
