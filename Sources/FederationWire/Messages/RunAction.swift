import JSON

/// What someone who looks at a run asks to be done with it.
///
/// ```
/// {"action": "extend", "rounds": 20}
/// ```
public enum RunAction: Hashable, Sendable {
    /// Calls it so; nil takes its name away.
    case rename(String?)
    /// Gives it these tags in place of those that it has.
    case tag([String])
    /// Gives it this note.
    case note(String)
    /// Takes it out of the store; its log stays.
    case remove
    /// Ends it, so that it can be resumed.
    case stop
    /// Lets no further round begin until it is resumed.
    case pause
    /// Goes on with it.
    case resume
    /// Goes on with it to so many rounds in all.
    case extend(rounds: Int)

    /// What is asked for, by the word that names it.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// As the actions of the same names.
        case rename, tag, note, remove, stop, pause, resume, extend
    }

    /// The word that names it.
    public var kind: Kind {
        switch self {
        case .rename: .rename
        case .tag: .tag
        case .note: .note
        case .remove: .remove
        case .stop: .stop
        case .pause: .pause
        case .resume: .resume
        case .extend: .extend
        }
    }
}

extension RunAction: Message {
    /// What an object says that has come. Texts are as they came: whoever keeps them says which it takes.
    /// - Throws: `APIError` where a member is missing, of another kind or out of bounds.
    public init(_ fields: inout Fields) throws(APIError) {
        let words = Kind.allCases.map(\.rawValue).joined(separator: ", ")
        guard let kind = Kind(rawValue: try fields.text("action")) else {
            throw fields.failure("action", "one of \(words)")
        }
        switch kind {
        case .rename: self = .rename(try Self.text("name", fields, isOptional: true))
        case .note: self = .note(try Self.text("note", fields) ?? "")
        case .tag:
            guard case .array(let elements)? = fields.value("tags") else {
                throw fields.failure("tags", "a list of texts")
            }
            var tags: [String] = []
            for element in elements {
                guard case .string(let tag) = element else {
                    throw fields.failure("tags", "a list of texts")
                }
                tags.append(tag)
            }
            self = .tag(tags)
        case .remove: self = .remove
        case .stop: self = .stop
        case .pause: self = .pause
        case .resume: self = .resume
        case .extend: self = .extend(rounds: try fields.int("rounds", in: 1...1_000_000))
        }
    }

    private static func text(
        _ key: String, _ fields: Fields, isOptional: Bool = false
    ) throws(APIError) -> String? {
        switch fields.value(key) {
        case .string(let text)?: return text
        case nil where isOptional: return nil
        default: throw fields.failure(key, "a text")
        }
    }

    /// The object as it is sent.
    public var json: JSONValue {
        var members: [String: JSONValue] = ["action": .string(kind.rawValue)]
        switch self {
        case .rename(let name): members["name"] = name.map(JSONValue.string) ?? .null
        case .tag(let tags): members["tags"] = .array(tags.map(JSONValue.string))
        case .note(let note): members["note"] = .string(note)
        case .extend(let rounds): members["rounds"] = .integer(rounds)
        case .remove, .stop, .pause, .resume: break
        }
        return .object(members)
    }
}
