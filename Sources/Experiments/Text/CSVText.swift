import Platform

/// A table of ours as any program may have saved it again: with other line ends, a mark before the text,
/// semicolons, columns in another order, columns of its own.
package struct CSVText: Sendable {
    /// Rows with our columns in our order, a field as RFC 4180 has it.
    package private(set) var rows: [String] = []
    /// The heading as it was found.
    package let heading: String

    private let fields: SeparatedFields
    /// Where each of our columns is in the file, and how many there are.
    private let places: [Int]
    private let count: Int
    private let isOurs: Bool
    private let lineEnd: String

    /// Reads whole lines.
    ///
    /// nil where there is no line at all.
    /// - Parameter header: our columns, separated by commas.
    /// - Throws: `MissingColumn` where the file lacks one of them.
    package init?(_ bytes: [UInt8], header: String) throws(MissingColumn) {
        let lines = TextLines(bytes)
        var all = lines.makeIterator()
        guard let first = all.next() else { return nil }
        heading = first.string
        fields = SeparatedFields(firstLine: first.text)
        let found = fields.fields(of: first.text).map { String(decoding: $0, as: UTF8.self) }
        let columns = header.split(separator: ",").map(String.init)
        var places: [Int] = []
        for column in columns {
            guard let place = found.firstIndex(of: column) else {
                throw MissingColumn(name: column, heading: heading)
            }
            places.append(place)
        }
        self.places = places
        count = found.count
        isOurs = found == columns && fields == SeparatedFields()
        let text = lines.bytes
        lineEnd =
            text.contains(UInt8(ascii: "\n"))
            ? (text.contains(UInt8(ascii: "\r")) ? "\r\n" : "\n") : "\r"
        while let line = all.next() {
            let cells = fields.fields(of: line.text).map { String(decoding: $0, as: UTF8.self) }
            // A spreadsheet leaves rows of empty fields behind.
            guard cells.contains(where: { !$0.isEmpty }) else { continue }
            rows.append(
                places.map { $0 < cells.count ? Self.field(Self.asWritten(cells[$0])) : "" }
                    .joined(separator: ","))
        }
    }

    /// The line that adds a row of ours to the file.
    package func line(_ row: String) -> String {
        guard !isOurs else { return row + lineEnd }
        let ours = SeparatedFields().fields(of: Array(row.utf8)[...])
        var cells = [String](repeating: "", count: count)
        for (place, cell) in zip(places, ours) {
            cells[place] = Self.field(
                String(decoding: cell, as: UTF8.self), separator: Character(fields.text))
        }
        return cells.joined(separator: fields.text) + lineEnd
    }

    /// A field as RFC 4180 has it; line ends become spaces, so that a row stays a line.
    package static func field(_ text: String, separator: Character = ",") -> String {
        let flat = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard flat.contains(where: { $0 == separator || $0 == "\"" }) else { return flat }
        return "\"" + flat.replacing("\"", with: "\"\"") + "\""
    }

    /// A row of these fields.
    static func row(_ cells: [String]) -> String {
        cells.map { field($0) }.joined(separator: ",")
    }

    /// The fields of a row of ours.
    static func cells(of row: String) -> [String] {
        SeparatedFields().fields(of: Array(row.utf8)[...]).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// Spreadsheets write truth in capitals.
    private static func asWritten(_ cell: String) -> String {
        ["TRUE", "FALSE"].contains(cell) ? cell.lowercased() : cell
    }
}

/// A column that a table lacks.
package struct MissingColumn: Error, Equatable {
    package let name: String
    /// The heading as it was found.
    package let heading: String
}

extension SeparatedFields {
    /// What stands between fields.
    fileprivate var text: String { String(Unicode.Scalar(separator)) }
}
