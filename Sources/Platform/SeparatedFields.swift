/// How the fields of a line are told apart in tables of text, as spreadsheets and data frames write them.
package struct SeparatedFields: Sendable, Equatable {
    /// Between two fields.
    package let separator: UInt8

    /// Commas, or else tabs or semicolons, as a table's first line has them.
    package init(firstLine: ArraySlice<UInt8>) {
        let candidates = [",", "\t", ";"].map { (character: Unicode.Scalar) in
            UInt8(ascii: character)
        }
        separator = candidates.first(where: firstLine.contains) ?? candidates[0]
    }

    /// Commas.
    package init() { separator = UInt8(ascii: ",") }

    /// The fields of a line, without spaces around them; one in quotation marks is what stands between
    /// these, where "" is one mark (RFC 4180).
    package func fields(of line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        let quote = UInt8(ascii: "\"")
        guard line.contains(quote) else {
            return line.split(separator: separator, omittingEmptySubsequences: false)
                .map(TextLines.trimmed)
        }
        var fields: [ArraySlice<UInt8>] = []
        var start = line.startIndex
        var isQuoted = false
        for place in line.indices {
            if line[place] == quote { isQuoted.toggle() }
            guard line[place] == separator, !isQuoted else { continue }
            fields.append(Self.unquoted(line[start..<place]))
            start = place + 1
        }
        fields.append(Self.unquoted(line[start...]))
        return fields
    }

    private static func unquoted(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let quote = UInt8(ascii: "\"")
        let text = TextLines.trimmed(field)
        guard text.count >= 2, text.first == quote, text.last == quote else { return text }
        var inner: [UInt8] = []
        var isSecond = false
        for byte in text.dropFirst().dropLast() {
            isSecond = byte == quote && !isSecond
            if !isSecond { inner.append(byte) }
        }
        return inner[...]
    }
}
