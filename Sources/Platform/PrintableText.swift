extension StringProtocol {
    /// The text with everything in it written out, like `\u{1b}`, that would do something to a
    /// terminal, a log or a page in place of being seen there.
    ///
    /// These are all control characters (C0 with its ends of lines, DEL, C1), separators of lines and
    /// paragraphs, marks of direction, and what else is invisible; selectors of variants stay, because
    /// they only choose among forms of the character before them. What comes of it stays as it is when
    /// it is made printable again.
    ///
    /// Text of a client, a server, a file or a folder goes through here where it enters the program,
    /// and again, as a last defence, where it is printed.
    package var printable: String {
        if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return String(self) }
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar.isUnprintable {
                text.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                text.append(scalar)
            }
        }
        return String(text)
    }

    /// Whether the text has nothing in it that `printable` writes out.
    package var isPrintable: Bool { !unicodeScalars.contains { $0.isUnprintable } }

    /// The beginning of the text, made printable: so many characters of it, and a sign that there was
    /// more.
    package func printable(limit: Int) -> String {
        let end = unicodeScalars.index(startIndex, offsetBy: limit, limitedBy: endIndex) ?? endIndex
        return String(self[..<end]).printable + (end < endIndex ? "…" : "")
    }

    /// The text made printable, in so many bytes at most.
    package func printable(byteLimit: Int) -> String {
        let text = printable
        guard text.utf8.count > byteLimit else { return text }
        let sign = "…"
        var end = text.utf8.index(
            text.startIndex, offsetBy: Swift.max(0, byteLimit - sign.utf8.count))
        while String.Index(end, within: text.unicodeScalars) == nil {
            text.utf8.formIndex(before: &end)
        }
        return String(text[..<end]) + sign
    }
}

extension Unicode.Scalar {
    /// Whether it does something in place of being seen.
    package var isUnprintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return true
        default: break
        }
        let isVariant = (0xFE00...0xFE0F).contains(value) || (0xE0100...0xE01EF).contains(value)
        return properties.isDefaultIgnorableCodePoint && !isVariant
    }
}
