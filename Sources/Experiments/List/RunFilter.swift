import Platform

/// Which runs of a list are wanted: words, all of which must hold.
///
/// | word | wanted are runs |
/// |---|---|
/// | `mnist` | with that in id, name, tags, note, title, data, strategy, model or state |
/// | `"two words"` | with these, one after the other |
/// | `tag:base`, `state:running`, `data:digits` … | whose field is that; of name and note, has that in it |
/// | `accuracy>0.9`, `rounds>=10`, `seed=1` | whose number is so |
/// | `-word` | of which the word does not hold |
///
/// Upper and lower case are alike.
public struct RunFilter: Sendable, Equatable {
    private enum Term: Sendable, Equatable {
        case word(String)
        case field(TextField, String)
        case number(RunKey, Comparison, Double)
    }

    private enum TextField: String, CaseIterable, Sendable {
        case id, name, tag, note, kind, state, data, division, strategy, model, title
    }

    private enum Comparison: String, CaseIterable, Sendable {
        // The longer ones first.
        case atLeast = ">="
        case atMost = "<="
        case other = "!="
        case above = ">"
        case below = "<"
        case equal = "="
    }

    private struct Word: Sendable, Equatable {
        var isWanted: Bool
        var term: Term
    }

    private var terms: [Word] = []

    /// Reads the words.
    /// - Throws: `RunFilterError` for a field or number that is none.
    public init(_ text: String) throws(RunFilterError) {
        for word in Self.words(of: text) {
            let isWanted = !(word.hasPrefix("-") && word.count > 1)
            let bare = isWanted ? word : String(word.dropFirst())
            terms.append(Word(isWanted: isWanted, term: try Self.term(bare)))
        }
    }

    private static func words(of text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        var isThere = false
        for character in text {
            if character == "\"" {
                isQuoted.toggle()
                isThere = true
            } else if character.isWhitespace, !isQuoted {
                if isThere || !word.isEmpty { words.append(word) }
                (word, isThere) = ("", false)
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        return words.filter { !$0.isEmpty }
    }

    private static func term(_ word: String) throws(RunFilterError) -> Term {
        let name = word.prefix { $0.isLetter }
        let rest = word[name.endIndex...]
        if rest.first == ":", !name.isEmpty {
            guard let field = TextField(rawValue: name.lowercased()) else {
                throw .field(String(name), of: TextField.allCases.map(\.rawValue))
            }
            return .field(field, rest.dropFirst().lowercased())
        }
        if let comparison = Comparison.allCases.first(where: { rest.hasPrefix($0.rawValue) }),
            !name.isEmpty
        {
            guard let key = RunKey(rawValue: name.lowercased()), key.isNumber else {
                throw .number(
                    String(name), of: RunKey.allCases.filter(\.isNumber).map(\.rawValue))
            }
            let text = String(rest.dropFirst(comparison.rawValue.count))
            guard let value = Double(text), !value.isNaN else { throw .value(word, text) }
            return .number(key, comparison, value)
        }
        return .word(word.lowercased())
    }

    /// Whether a run is wanted.
    public func matches(_ row: RunRow) -> Bool {
        terms.allSatisfy { $0.isWanted == Self.holds($0.term, of: row) }
    }

    private static func holds(_ term: Term, of row: RunRow) -> Bool {
        switch term {
        case .word(let word):
            return row.labels.tags.contains { $0.lowercased().contains(word) }
                || [
                    row.id, row.labels.name ?? "", row.labels.note, row.title, row.data,
                    row.division, row.strategy, row.model, row.stateText,
                ].contains { $0.lowercased().contains(word) }
        case .field(let field, let text):
            switch field {
            case .id: return row.id.hasPrefix(text)
            case .name: return (row.labels.name ?? "").lowercased().contains(text)
            case .note: return row.labels.note.lowercased().contains(text)
            case .title: return row.title.lowercased().contains(text)
            case .tag: return row.labels.tags.contains { $0.lowercased() == text }
            case .kind: return row.kind == text
            case .state: return row.state.rawValue == text
            case .data: return row.data.lowercased() == text
            case .division: return row.division.lowercased() == text
            case .strategy: return row.strategy.lowercased() == text
            case .model: return row.model.lowercased() == text
            }
        case .number(let key, let comparison, let wanted):
            guard let value = key.number(of: row) else { return false }
            return switch comparison {
            case .atLeast: value >= wanted
            case .atMost: value <= wanted
            case .other: value != wanted
            case .above: value > wanted
            case .below: value < wanted
            case .equal: value == wanted
            }
        }
    }
}

/// What runs of a list are sorted by.
public enum RunKey: String, CaseIterable, Sendable {
    /// By what is a text, in the order of its letters.
    case id, name, state, data, strategy, model
    /// By what is a number; runs that lack it come last.
    case accuracy, best, loss, rounds, planned, clients, cohort, seed, seconds

    var isNumber: Bool {
        switch self {
        case .id, .name, .state, .data, .strategy, .model: false
        case .accuracy, .best, .loss, .rounds, .planned, .clients, .cohort, .seed, .seconds: true
        }
    }

    func number(of row: RunRow) -> Double? {
        switch self {
        case .accuracy: row.accuracy
        case .best: row.best
        case .loss: row.loss
        case .rounds: Double(row.rounds)
        case .planned: Double(row.planned)
        case .clients: Double(row.clients)
        case .cohort: Double(row.cohort)
        case .seed: Double(row.seed)
        case .seconds: row.seconds
        case .id, .name, .state, .data, .strategy, .model: nil
        }
    }

    fileprivate func text(of row: RunRow) -> String? {
        switch self {
        case .id: row.id
        case .name: row.labels.name?.lowercased()
        case .state: row.state.rawValue
        case .data: row.data.lowercased()
        case .strategy: row.strategy.lowercased()
        case .model: row.model.lowercased()
        default: nil
        }
    }
}

/// In which order runs of a list stand.
public struct RunSorting: Sendable, Equatable {
    /// By what.
    public var key: RunKey
    /// Whether the largest is the first.
    public var isDescending: Bool

    /// Reads `accuracy`, `accuracy:desc` or `accuracy:asc`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
        guard let name = parts.first, let key = RunKey(rawValue: String(name)),
            parts.count == 1 || parts.count == 2 && ["asc", "desc"].contains(parts[1])
        else { return nil }
        self.key = key
        isDescending = parts.last == "desc"
    }

    /// The runs in that order; those without a value are the last, and equal ones stay as they were.
    public func sorted(_ rows: [RunRow]) -> [RunRow] {
        func sort<Value: Comparable>(_ value: (RunRow) -> Value?) -> [RunRow] {
            let values = rows.map(value)
            return rows.indices.sorted { one, other in
                switch (values[one], values[other]) {
                case (let a?, let b?) where a != b: isDescending ? a > b : a < b
                case (_?, nil): true
                case (nil, _?): false
                default: one < other
                }
            }.map { rows[$0] }
        }
        return key.isNumber ? sort { key.number(of: $0) } : sort { key.text(of: $0) }
    }
}

/// Why a filter means nothing; one sentence.
public enum RunFilterError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A word for a field that there is not.
    case field(String, of: [String])
    /// A comparison with what is no number of a run.
    case number(String, of: [String])
    /// A comparison of a number with something else.
    case value(String, String)

    /// One sentence.
    public var description: String {
        switch self {
        case .field(let name, let names):
            "runs have no “\(name.printable(limit: 40))” to filter by: "
                + names.joined(separator: ", ") + " were expected"
        case .number(let name, let names):
            "runs have no number “\(name.printable(limit: 40))”: "
                + names.joined(separator: ", ") + " were expected"
        case .value(let word, let text):
            "“\(word.printable(limit: 60))” compares with “\(text.printable(limit: 40))”: a number "
                + "was expected"
        }
    }
}
