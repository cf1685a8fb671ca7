extension Study {
    /// The cells whose names fit a pattern, in the table's order; a * stands for any letters.
    /// - Throws: `StudyError.noCell` for a pattern that fits none.
    public func cells(matching patterns: [String]) throws(StudyError) -> [StudyCell] {
        for pattern in patterns
        where !cells.contains(where: { Self.matches($0.name, pattern) }) {
            throw .noCell(pattern: pattern, study: name, cells: cells.map(\.name))
        }
        return cells.filter { cell in patterns.contains { Self.matches(cell.name, $0) } }
    }

    /// Whether a name fits a pattern in which * stands for any letters.
    package static func matches(_ name: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return name == pattern }
        guard name.hasPrefix(parts[0]), name.hasSuffix(parts[parts.count - 1]) else { return false }
        var rest = name.dropFirst(parts[0].count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let range = rest.firstRange(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return rest.count >= parts[parts.count - 1].count
    }
}

extension StudyCell {
    /// The cell to be tried only: one rate and three rounds.
    public var tried: StudyCell {
        var settings = settings
        settings.rounds = min(3, settings.rounds)
        return StudyCell(
            name: name, measure: measure, published: published, settings: settings,
            learningRates: [learningRates[0]])
    }

    /// The cell with other learning rates to choose from; with its own where there are none.
    public func choosing(from rates: [Float]) -> StudyCell {
        StudyCell(
            name: name, measure: measure, published: published, settings: settings,
            learningRates: rates.isEmpty ? learningRates : rates)
    }
}

/// Why a study has not what was asked for; one sentence.
public enum StudyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A pattern that fits no cell.
    case noCell(pattern: String, study: String, cells: [String])

    /// One sentence.
    public var description: String {
        switch self {
        case .noCell(let pattern, let study, let cells):
            "\(study) has no cell “\(pattern)”: they are \(cells.joined(separator: ", "))"
        }
    }
}
