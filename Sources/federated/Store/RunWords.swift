import Federation

extension JSONValue {
    /// The value as people read it.
    var words: String {
        switch self {
        case .null: "none"
        case .bool(let value): value ? "yes" : "no"
        case .integer(let value): "\(value)"
        case .unsigned(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): value
        case .array, .object: String(decoding: encoded(), as: UTF8.self)
        }
    }

    /// The members of an object by name; nothing for another value.
    package var members: [String: JSONValue] {
        if case .object(let members) = self { members } else { [:] }
    }

    /// batchSize → batch size.
    static func spaced(_ key: String) -> String {
        key.reduce(into: "") { name, character in
            if character.isUppercase { name += " " }
            name += character.lowercased()
        }
    }
}
