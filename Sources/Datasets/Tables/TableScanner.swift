/// Reads a table of text row by row (RFC 4180): cells between separators, in quotation marks where
/// they hold separators, line ends or, doubled, quotation marks.
///
/// Rows end with a line feed, a carriage return or both; blank lines are passed over; spaces around
/// a cell do not count. A byte order mark of UTF-8 is passed over.
struct TableScanner: ~Copyable {
    /// Bytes of one row, at most: a quotation mark that nobody closes is found after so many.
    static let rowLimit = 1 << 24
    /// Cells of one row, at most.
    static let cellLimit = 65_536

    /// A cell of the row: where it is in the buffer.
    struct Cell {
        var start: Int
        var end: Int
        /// Whether "" in it is one mark.
        var hasDoubledMarks = false
    }

    /// The file, for errors.
    let file: String
    /// The cells of the row.
    private(set) var cells: [Cell] = []
    /// The number of the line that the row begins in, from 1.
    private(set) var line = 1

    private var source: TextSource
    private var buffer: UnsafeMutableBufferPointer<UInt8>
    private var position = 0
    private var count = 0
    private var isAtEnd = false
    private var separator = UInt8(ascii: ",")
    private var nextLine = 1
    private var unescaped: [UInt8] = []

    /// Finds the separator in the first row: of comma, tab and semicolon the one that it has most
    /// of.
    init(_ source: consuming TextSource, file: String) throws(DatasetError) {
        self.source = source
        self.file = file
        buffer = .allocate(capacity: 2 * TextSource.pieceSize)
        try fill()
        if count >= 3, buffer[0] == 0xEF, buffer[1] == 0xBB, buffer[2] == 0xBF { position = 3 }
        if count >= 2, (buffer[0] | 1) == 0xFF, (buffer[1] | 1) == 0xFF, buffer[0] != buffer[1] {
            throw .table(.notUTF8(file: file, line: 1, column: nil))
        }
        separator = likelySeparator()
    }

    deinit { buffer.deallocate() }

    private func likelySeparator() -> UInt8 {
        var counts = [0, 0, 0]
        let candidates: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: "\t"), UInt8(ascii: ";")]
        var isQuoted = false
        for byte in buffer[position..<count] {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if isQuoted { continue }
            if byte == 0x0A || byte == 0x0D { break }
            if let place = candidates.firstIndex(of: byte) { counts[place] += 1 }
        }
        let most = counts.max() ?? 0
        return counts.firstIndex(of: most).map { candidates[$0] } ?? candidates[0]
    }

    /// Reads the next row into `cells`.
    /// - Returns: whether there is one.
    mutating func next() throws(DatasetError) -> Bool {
        while true {
            line = nextLine
            var end = position
            if try scanRow(&end) {
                position = end
                // A line without anything is no row, and neither is what is behind the last line's end.
                if cells.count == 1, cells[0].start == cells[0].end {
                    if isAtEnd, position >= count { return false }
                    continue
                }
                return true
            }
            // The row goes on behind what was read so far.
            try fill()
        }
    }

    /// The text of a cell, without its quotation marks.
    mutating func withText<Result>(
        _ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        let cell = cells[index]
        let text = UnsafeBufferPointer(rebasing: buffer[cell.start..<cell.end])
        guard cell.hasDoubledMarks else { return body(text) }
        unescaped.removeAll(keepingCapacity: true)
        var isSecond = false
        for byte in text {
            isSecond = byte == UInt8(ascii: "\"") && !isSecond
            if !isSecond { unescaped.append(byte) }
        }
        return unescaped.withUnsafeBufferPointer(body)
    }

    /// The text of a cell, for people.
    mutating func string(_ index: Int) -> String {
        withText(index) { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: -

    /// Moves what is left of the buffer to its front and reads on.
    private mutating func fill() throws(DatasetError) {
        if position > 0 {
            let left = count - position
            if left > 0 {
                buffer.baseAddress!.update(from: buffer.baseAddress! + position, count: left)
            }
            count = left
            position = 0
        }
        guard count <= Self.rowLimit else {
            throw .table(.longRow(file: file, line: nextLine, limit: Self.rowLimit))
        }
        if buffer.count - count < TextSource.pieceSize {
            let larger = UnsafeMutableBufferPointer<UInt8>.allocate(
                capacity: 2 * buffer.count)
            larger.baseAddress!.update(from: buffer.baseAddress!, count: count)
            buffer.deallocate()
            buffer = larger
        }
        let read = try source.read(
            into: UnsafeMutableRawBufferPointer(
                start: buffer.baseAddress! + count, count: TextSource.pieceSize))
        if read == 0 { isAtEnd = true }
        count += read
    }

    /// Reads the row that begins at `place`, and moves it behind the row's end.
    /// - Returns: false where the buffer ends before the row may.
    private mutating func scanRow(_ place: inout Int) throws(DatasetError) -> Bool {
        cells.removeAll(keepingCapacity: true)
        let bytes = UnsafePointer(buffer.baseAddress!)
        let count = count
        let separator = separator
        let last = max(separator, 0x0D)
        var lines = 0
        while true {
            while place < count, Self.isSpace(bytes[place]), bytes[place] != separator {
                place += 1
            }
            var cell = Cell(start: place, end: place)
            if place < count, bytes[place] == UInt8(ascii: "\"") {
                guard try scanQuoted(&place, &cell, &lines) else { return false }
            } else {
                while place < count {
                    // Of most bytes the first comparison tells that the cell goes on.
                    let byte = bytes[place]
                    if byte <= last, byte == separator || byte == 0x0A || byte == 0x0D { break }
                    place += 1
                }
                cell.end = place
                while cell.end > cell.start, Self.isSpace(bytes[cell.end - 1]) { cell.end -= 1 }
            }
            guard place < count || isAtEnd else { return false }
            cells.append(cell)
            guard cells.count <= Self.cellLimit else {
                throw .table(.manyColumns(file: file, line: line, limit: Self.cellLimit))
            }
            guard place < count else { break }
            let end = bytes[place]
            if end == 0x0D {
                // It may be the first half of a line's end.
                guard place + 1 < count || isAtEnd else { return false }
                if place + 1 < count, bytes[place + 1] == 0x0A { place += 1 }
            }
            place += 1
            if end != separator {
                lines += 1
                break
            }
        }
        nextLine = line + lines
        return true
    }

    /// Reads a cell in quotation marks, and the spaces behind it.
    /// - Returns: false where the buffer ends before the cell does.
    private func scanQuoted(
        _ place: inout Int, _ cell: inout Cell, _ lines: inout Int
    ) throws(DatasetError) -> Bool {
        let mark = UInt8(ascii: "\"")
        let opening = line + lines
        place += 1
        cell.start = place
        while true {
            guard place < count else {
                if isAtEnd {
                    throw .table(
                        .unclosedMark(file: file, line: opening, column: cells.count + 1))
                }
                return false
            }
            let byte = buffer[place]
            if byte == mark {
                guard place + 1 < count || isAtEnd else { return false }
                guard place + 1 < count, buffer[place + 1] == mark else { break }
                cell.hasDoubledMarks = true
                place += 1
            } else if byte == 0x0A
                || (byte == 0x0D && !(place + 1 < count && buffer[place + 1] == 0x0A))
            {
                lines += 1
            }
            place += 1
        }
        cell.end = place
        place += 1
        while place < count, Self.isSpace(buffer[place]), buffer[place] != separator { place += 1 }
        guard place < count else { return isAtEnd }
        let next = buffer[place]
        guard next == separator || next == 0x0A || next == 0x0D else {
            throw .table(
                .textBehindMark(file: file, line: line + lines, column: cells.count + 1))
        }
        return true
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
