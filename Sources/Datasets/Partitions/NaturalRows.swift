import Platform

/// The rows of a file that says which client has which image, one after the other.
///
/// Columns are CLIENT,INDEX unless a heading names them otherwise: "image_index,label,client" will do.
struct NaturalRows {
    /// One row.
    struct Row {
        let line: Int
        let client: ArraySlice<UInt8>
        let index: Int
    }

    private static let sizeLimit = 4 << 30

    private let file: String
    private var lines: TextLines.Iterator
    private var fields = SeparatedFields()
    private var columns = Columns(client: 0, index: 1, count: 2)
    private var hasBegun = false

    private struct Columns {
        var client: Int
        var index: Int
        var count: Int
    }

    init(file: String) throws(PartitionError) {
        self.file = file
        let bytes: [UInt8]
        do {
            bytes = try readFile(file, limit: Self.sizeLimit)
        } catch {
            if case .unreadable(_, let reason) = error {
                throw .unreadable(file: file, reason: reason)
            }
            throw .unreadable(
                file: file, reason: "it is larger than the \(Self.sizeLimit) bytes read at most")
        }
        lines = TextLines(bytes).makeIterator()
    }

    /// The next row; nil at the end. Blank lines are passed over.
    mutating func next() throws(PartitionError) -> Row? {
        while let line = lines.next() {
            guard !line.text.isEmpty else { continue }
            if !hasBegun {
                hasBegun = true
                fields = SeparatedFields(firstLine: line.text)
                if let columns = Self.heading(fields.fields(of: line.text)) {
                    self.columns = columns
                    continue
                }
            }
            let found = fields.fields(of: line.text)
            guard found.count == columns.count, !found[columns.client].isEmpty,
                let index = Self.number(found[columns.index])
            else {
                throw .malformedLine(
                    file: file, line: line.number, found: Self.shortened(line.string))
            }
            return Row(line: line.number, client: found[columns.client], index: index)
        }
        return nil
    }

    // MARK: Headings

    /// What a heading says; nil where the line is none, having a number or an empty field in a place that
    /// counts.
    private static func heading(_ fields: [ArraySlice<UInt8>]) -> Columns? {
        guard fields.count >= 2 else { return nil }
        let names = fields.map { String(decoding: $0, as: UTF8.self).lowercased() }
        let clients = names.indices.filter { mentions(names[$0], clientWords) }
        let indices = names.indices.filter { mentions(names[$0], indexWords) }
        // A word for both, or for neither, says nothing.
        let client = only(clients.filter { !indices.contains($0) })
        let index = only(indices.filter { !clients.contains($0) })
        if fields.count > 2 {
            guard let client, let index else { return nil }
            return Columns(client: client, index: index, count: fields.count)
        }
        guard fields.allSatisfy({ !$0.isEmpty && number($0) == nil }) else { return nil }
        let isSwapped = client == 1 && index != 1 || index == 0 && client != 0
        return Columns(client: isSwapped ? 1 : 0, index: isSwapped ? 0 : 1, count: 2)
    }

    private static let clientWords = [
        "client", "user", "owner", "writer", "party", "node", "device",
    ]
    private static let indexWords = ["index", "idx", "image", "sample", "row"]

    private static func mentions(_ name: String, _ words: [String]) -> Bool {
        words.contains(where: name.contains)
    }

    private static func only(_ places: [Int]) -> Int? { places.count == 1 ? places[0] : nil }

    // MARK: Fields

    /// A whole number of 64 bits in decimal digits.
    static func number(_ text: ArraySlice<UInt8>) -> Int? {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = isNegative ? text.dropFirst() : text
        guard !digits.isEmpty else { return nil }
        var value = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (tens, first) = value.multipliedReportingOverflow(by: 10)
            let (sum, second) = tens.addingReportingOverflow(Int(byte & 0xF))
            guard !first, !second else { return nil }
            value = sum
        }
        return isNegative ? -value : value
    }

    private static func shortened(_ text: String) -> String {
        text.count <= 40 ? text : text.prefix(39) + "…"
    }
}
