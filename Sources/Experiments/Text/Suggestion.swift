/// What a name that there is not may have meant.
package enum Suggestion {
    /// Those of `names` that are near a mistyped one, the best first; none where nothing is.
    ///
    /// - Parameter others: what names are called elsewhere, by the plain spelling.
    package static func near(
        _ typed: String, among names: [String], others: [String: String] = [:]
    ) -> [String] {
        let plain = Spelling.plain(typed)
        guard !plain.isEmpty else { return [] }
        if let same = names.first(where: { Spelling.plain($0) == plain }) { return [same] }
        if let other = others[plain], names.contains(other) { return [other] }
        let words = Spelling.words(typed).map(singular)
        for candidates in [
            names.filter { initials($0) == plain }, byWords(words, names),
            beginning(with: plain, names), within(limit(plain), of: plain, names),
        ] where !candidates.isEmpty {
            return Array(candidates.prefix(3))
        }
        return []
    }

    /// As a question: ". Did you mean '--seed'?"; empty where there is nothing to ask.
    package static func question(_ names: [String]) -> String {
        names.isEmpty ? "" : ". Did you mean \(names.map { "'\($0)'" }.joined(separator: " or "))?"
    }

    /// lr for learning-rate; empty for a single word.
    private static func initials(_ name: String) -> String {
        let words = Spelling.words(name)
        return words.count > 1 ? String(words.compactMap(\.first)) : ""
    }

    /// Names whose words are all among those typed, or the other way round: those with the fewest words
    /// more or less.
    private static func byWords(_ words: [String], _ names: [String]) -> [String] {
        let typed = Set(words)
        return best(names) { name in
            let own = Set(Spelling.words(name).map(singular))
            guard own.isSubset(of: typed) || typed.isSubset(of: own) else { return nil }
            return own.symmetricDifference(typed).count
        }
    }

    private static func beginning(with plain: String, _ names: [String]) -> [String] {
        guard plain.count >= 3 else { return [] }
        return best(names) { name in
            let own = Spelling.plain(name)
            return own.hasPrefix(plain) ? own.count - plain.count : nil
        }
    }

    private static func within(_ limit: Int, of plain: String, _ names: [String]) -> [String] {
        best(names) { name in
            let distance = distance(Array(plain), Array(Spelling.plain(name)))
            return distance <= limit ? distance : nil
        }
    }

    /// Of short names, one letter makes another name: --gpu is not --mu.
    private static func limit(_ plain: String) -> Int {
        plain.count < 3 ? 0 : max(1, min(3, plain.count / 3))
    }

    private static func best(_ names: [String], _ cost: (String) -> Int?) -> [String] {
        let costs = names.map(cost)
        guard let least = costs.compactMap(\.self).min() else { return [] }
        return zip(names, costs).filter { $0.1 == least }.map(\.0)
    }

    private static func singular(_ word: String) -> String {
        word.count > 3 && word.hasSuffix("s") && !word.hasSuffix("ss")
            ? String(word.dropLast()) : word
    }

    /// How many letters must be changed, added, left out or swapped with the next to make one of the other.
    ///
    /// Source: Damerau, "A technique for computer detection and correction of spelling errors", 1964;
    /// no letter is changed twice (optimal string alignment).
    package static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var least = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    least = min(least, before[j - 1] + 1)
                }
                row.append(least)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }
}
