import Platform

extension Text {
    /// Columns that a text takes, whatever escape sequences colour it.
    package static func columns<Characters: StringProtocol>(_ text: Characters) -> Int {
        var count = 0
        var isEscape = false
        for character in text {
            if isEscape {
                isEscape = character != "m"
            } else if character == "\u{1B}" {
                isEscape = true
            } else {
                count += 1
            }
        }
        return count
    }

    /// Lines of at most `width` columns, broken where there is a space; all but the first begin with
    /// `hanging` spaces. A word that is longer than a line, like a path, stays whole.
    ///
    /// - Parameter width: nil where lines may be of any length.
    package static func wrapped(_ text: String, to width: Int?, hanging: Int = 0) -> [String] {
        guard let width, columns(text) > width else { return [text] }
        // Where hardly anything fits beside it, an indentation is worth less than the text.
        let indent = String(repeating: " ", count: hanging + 12 <= width ? hanging : 0)
        let leading = text.prefix { $0 == " " }
        var lines: [String] = []
        var line = String(leading)
        var isEmpty = true
        var gap = ""
        for word in text.dropFirst(leading.count).split(
            separator: " ", omittingEmptySubsequences: false)
        {
            if !isEmpty, columns(line) + columns(gap) + columns(word) > width {
                lines.append(line)
                line = indent
                gap = ""
                // Spaces at a break are not for the eye.
                guard !word.isEmpty else {
                    isEmpty = true
                    continue
                }
            }
            line += gap + word
            if isEmpty, word.isEmpty { continue }
            isEmpty = false
            gap = " "
        }
        return lines + [line]
    }

    /// "0, 3, 7", or of more than `most` the first ones: "0, 3, 7 …".
    package static func list(_ ids: some Sequence<Int>, most: Int = 5) -> String {
        let ids = Array(ids)
        let text = ids.prefix(most).map(String.init).joined(separator: ", ")
        return ids.count > most ? text + " …" : text
    }
}
