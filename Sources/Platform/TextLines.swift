/// The lines of a text file that any program may have written.
///
/// Line ends may be those of Unix, Windows or old Macs, the last one may be missing, and the file may
/// begin with the mark of UTF-8, as Excel writes it, or be UTF-16 with its mark, as PowerShell does.
package struct TextLines: Sequence, Sendable {
    /// The text, as UTF-8 without a mark.
    package let bytes: [UInt8]
    private let end: UInt8

    /// The lines of a file's bytes.
    package init(_ file: [UInt8]) {
        bytes = Self.utf8(file)
        end = bytes.contains(UInt8(ascii: "\n")) ? UInt8(ascii: "\n") : UInt8(ascii: "\r")
    }

    /// A line with its number, from 1, without spaces, tabs and line ends around it.
    package struct Line: Sendable {
        package let number: Int
        package let text: ArraySlice<UInt8>

        /// As text, damaged bytes shown as such.
        package var string: String { String(decoding: text, as: UTF8.self) }
    }

    package struct Iterator: IteratorProtocol {
        fileprivate let lines: TextLines
        private var position = 0
        private var number = 0

        fileprivate init(_ lines: TextLines) { self.lines = lines }

        package mutating func next() -> Line? {
            let bytes = lines.bytes
            guard position < bytes.count else { return nil }
            let stop = bytes[position...].firstIndex(of: lines.end) ?? bytes.count
            let text = bytes[position..<stop]
            position = stop + 1
            number += 1
            return Line(number: number, text: TextLines.trimmed(text))
        }
    }

    package func makeIterator() -> Iterator { Iterator(self) }

    /// Without spaces, tabs and carriage returns at both ends.
    package static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var text = text
        while let first = text.first, isSpace(first) { text.removeFirst() }
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }

    /// What a file says, as UTF-8 and without its mark.
    package static func utf8(_ file: [UInt8]) -> [UInt8] {
        if file.starts(with: [0xEF, 0xBB, 0xBF]) { return Array(file[3...]) }
        let isLittle = file.starts(with: [0xFF, 0xFE])
        guard isLittle || file.starts(with: [0xFE, 0xFF]) else { return file }
        let units = stride(from: 2, to: file.count - 1, by: 2).map { place -> UInt16 in
            let (one, other) = (UInt16(file[place]), UInt16(file[place + 1]))
            return isLittle ? other << 8 | one : one << 8 | other
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }
}
