import Federation
import Platform

/// What its user says of a run: how it is called, what it belongs to, and what there is to know.
public struct RunLabels: Sendable, Hashable {
    /// What the user calls it; several runs may be called alike.
    public let name: String?
    /// Words to find it by, each once, in the order in which they were given.
    public let tags: [String]
    /// What else there is to say.
    public let note: String

    /// Nothing.
    public static let none = RunLabels(stored: nil, tags: [], note: "")

    /// The most characters that a name has.
    public static let nameLimit = 80
    /// The most characters that a tag has.
    public static let tagLimit = 40
    /// The most tags that a run has.
    public static let tagCountLimit = 20
    /// The most characters that a note has.
    public static let noteLimit = 2_000

    /// Takes what was said, without white space at the ends; an empty name is none.
    /// - Throws: `RunLabelError`.
    public init(
        name: String? = nil, tags: [String] = [], note: String = ""
    ) throws(RunLabelError) {
        let name = try Self.text(name ?? "", .name)
        // It means the newest run wherever one is named.
        if name == "last" { throw .reserved(name) }
        var once: [String] = []
        for tag in tags {
            let tag = try Self.text(tag, .tag)
            guard !tag.isEmpty else { throw .emptyTag }
            guard !tag.contains(",") else { throw .comma(tag) }
            if !once.contains(tag) { once.append(tag) }
        }
        guard once.count <= Self.tagCountLimit else { throw .manyTags(once.count) }
        self.init(
            stored: name.isEmpty ? nil : name, tags: once, note: try Self.text(note, .note))
    }

    /// A run that a program has named, of which nothing is kept.
    package static func titled(_ title: String) -> RunLabels {
        RunLabels(stored: title, tags: [], note: "")
    }

    /// As they were kept.
    init(stored name: String?, tags: [String], note: String) {
        self.name = name
        self.tags = tags
        self.note = note
    }

    private static func text(
        _ text: String, _ part: RunLabelError.Part
    ) throws(RunLabelError) -> String {
        let scalars = text.unicodeScalars
        let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
        guard let first = scalars.firstIndex(where: { !isSpace($0) }),
            let last = scalars.lastIndex(where: { !isSpace($0) })
        else { return "" }
        let trimmed = String(scalars[first...last])
        guard trimmed.isPrintable else { throw .unprintable(part, trimmed) }
        guard trimmed.count <= part.limit, trimmed.utf8.count <= 8 * part.limit else {
            throw .long(part, trimmed, count: trimmed.count)
        }
        return trimmed
    }
}

extension RunLog {
    /// Says of the run what its user does.
    package mutating func say(_ labels: RunLabels) {
        (name, tags, note) = (labels.name, labels.tags, labels.note)
    }
}

/// Why a run cannot be called so; one sentence.
public enum RunLabelError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What a text is meant for.
    public enum Part: String, Sendable {
        /// What the user calls a run.
        case name
        /// A word to find it by.
        case tag
        /// What else there is to say.
        case note

        var limit: Int {
            switch self {
            case .name: RunLabels.nameLimit
            case .tag: RunLabels.tagLimit
            case .note: RunLabels.noteLimit
            }
        }
    }

    /// Of too many characters, or of too many bytes.
    case long(Part, String, count: Int)
    /// With something in it that does something to a terminal or a page in place of being seen.
    case unprintable(Part, String)
    /// A name that means something else.
    case reserved(String)
    /// A tag without a character.
    case emptyTag
    /// A tag that lists of tags would take for two.
    case comma(String)
    /// Too many tags.
    case manyTags(Int)

    /// One sentence.
    public var description: String {
        switch self {
        case .long(let part, let text, let count):
            "a run's \(part.rawValue) has at most \(part.limit) characters, not \(count): "
                + "“\(text.printable(limit: 40))”"
        case .unprintable(let part, let text):
            "a run's \(part.rawValue) has no control characters and nothing else that cannot be "
                + "seen: “\(text.printable(limit: 60))”"
        case .reserved(let name):
            "a run's name cannot be “\(name)”, which means the newest run wherever one is named"
        case .emptyTag: "a run's tag has at least one character"
        case .comma(let tag): "a run's tag has no comma: “\(tag.printable(limit: 60))”"
        case .manyTags(let count):
            "a run has at most \(RunLabels.tagCountLimit) tags, not \(count)"
        }
    }
}
