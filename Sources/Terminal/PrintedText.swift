/// What is printed of a text: the last defence against what gets into one from elsewhere.
package enum PrintedText {
    /// What `Console` itself puts into a line: bold, grey, and their end.
    package static let styles = ["\u{1B}[1m", "\u{1B}[2m", "\u{1B}[0m"]

    /// One line: everything in it that cannot be seen is written out, but for the console's own styles.
    package static func line(_ text: String, styled: Bool) -> String {
        guard styled, let style = first(in: text) else { return text.printable }
        return text[..<style.lowerBound].printable + text[style]
            + line(String(text[style.upperBound...]), styled: true)
    }

    private static func first(in text: String) -> Range<String.Index>? {
        styles.compactMap { text.firstRange(of: $0) }.min { $0.lowerBound < $1.lowerBound }
    }
}
