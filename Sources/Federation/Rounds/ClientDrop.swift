import Foundation
import JSON

/// A client that a round went on without, or had to ask again.
public struct ClientDrop: Hashable, Sendable {
    /// When that was noticed, to the millisecond; nil where nobody looked at a clock, as in a simulation.
    public var at: Date?
    /// The client's id.
    public var client: Int
    /// The round that was open, or that came next.
    public var round: Int
    /// Why, in a clause: "no heartbeat for 3 s".
    public var reason: String

    /// A client that was dropped.
    public init(at: Date? = nil, client: Int, round: Int, reason: String) {
        self.at = at.map {
            Date(timeIntervalSince1970: ($0.timeIntervalSince1970 * 1000).rounded() / 1000)
        }
        self.client = client
        self.round = round
        self.reason = reason
    }
}

extension ClientDrop {
    /// As logs and the live page have it: `at` in ISO 8601, UTC, or null.
    public var json: JSONValue {
        [
            "at": at.map { .string($0.formatted(Self.timeStyle)) } ?? nil,
            "client": .integer(client), "round": .integer(round), "reason": .string(reason),
        ]
    }

    /// Reads what `json` makes; nil if it is something else.
    init?(_ json: JSONValue) {
        guard case .object(let members) = json,
            case .integer(let client)? = members["client"],
            case .integer(let round)? = members["round"],
            case .string(let reason)? = members["reason"]
        else { return nil }
        var at: Date?
        switch members["at"] {
        case nil, .null?: break
        case .string(let text)?:
            guard let date = try? Date(text, strategy: Self.timeStyle) else { return nil }
            at = date
        default: return nil
        }
        self.init(at: at, client: client, round: round, reason: reason)
    }

    private static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
