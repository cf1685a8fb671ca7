import Federation
import JSON

/// What a round waits for: so many clients, of whom so many are there.
public struct RoundWait: Message {
    /// 1…R.
    public var round: Int
    /// Clients without which it does not go on.
    public var needed: Int
    /// How many of them are there.
    public var here: Int
    /// Ids of clients that are not there: the first ones of many.
    public var missing: [Int]

    /// A round that waits.
    public init(round: Int, needed: Int, here: Int, missing: [Int] = []) {
        self.round = round
        self.needed = needed
        self.here = here
        self.missing = missing
    }

    /// What an object says that has come.
    /// - Throws: `APIError` where a member is missing, of another kind or out of bounds.
    public init(_ fields: inout Fields) throws(APIError) {
        self.init(
            round: try fields.int("round", in: 1...Int(Int32.max)),
            needed: try fields.int("needed", in: 0...Int(Int32.max)),
            here: try fields.int("here", in: 0...Int(Int32.max)),
            missing: fields.value("missing") ?? .array([]) == .array([])
                ? [] : try fields.ints("missing", in: 0...Int(Int32.max)))
    }

    /// The object as it is sent.
    public var json: JSONValue {
        [
            "round": .integer(round), "needed": .integer(needed), "here": .integer(here),
            "missing": .array(missing.map(JSONValue.integer)),
        ]
    }

    /// "round 1 waits for 2 of 5 clients (0, 3)".
    public var words: String {
        let count = max(0, needed - here)
        let clients = "\(count) of \(needed) client\(needed == 1 ? "" : "s")"
        guard !missing.isEmpty else { return "round \(round) waits for \(clients)" }
        let ids = missing.prefix(5).map(String.init).joined(separator: ", ")
        // Where more are missing than are needed, any of them will do.
        let some = missing.count > count ? "of \(ids)" : ids
        return "round \(round) waits for \(clients) (\(some)\(missing.count > 5 ? " …" : ""))"
    }
}
