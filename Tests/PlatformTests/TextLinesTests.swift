import Platform
import TestThreads
import Testing

@Suite("Text files of any program", .holdsItsThread)
struct TextLinesTests {
    private func lines(_ bytes: [UInt8]) -> [String] {
        TextLines(bytes).map { "\($0.number) \($0.string)" }
    }

    private static let text = "first\n\n  second, ü \nthird"
    private static let expected = ["1 first", "2 ", "3 second, ü", "4 third"]

    @Test("Line ends of Unix, Windows and old Macs, with or without the last")
    func lineEnds() {
        for end in ["\n", "\r\n", "\r"] {
            for tail in ["", end] {
                let text =
                    Self.text.split(separator: "\n", omittingEmptySubsequences: false)
                    .joined(separator: end) + tail
                #expect(lines(Array(text.utf8)) == Self.expected, "\(text.debugDescription)")
            }
        }
        #expect(lines([]) == [])
        #expect(lines(Array("\n\n".utf8)) == ["1 ", "2 "])
    }

    @Test("Marks of UTF-8 and UTF-16, which is read too")
    func marks() {
        #expect(lines([0xEF, 0xBB, 0xBF] + Self.text.utf8) == Self.expected)
        let units = Array(Self.text.utf16)
        #expect(
            lines([0xFF, 0xFE] + units.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
                == Self.expected)
        #expect(
            lines([0xFE, 0xFF] + units.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] })
                == Self.expected)
        // Cut off in the middle of a unit, and nothing but a mark.
        #expect(lines([0xFF, 0xFE, 0x61, 0x00, 0x62]) == ["1 a"])
        #expect(lines([0xFF, 0xFE]) == [])
        #expect(lines([0xEF, 0xBB, 0xBF]) == [])
    }

    @Test("Fields, in quotation marks or not")
    func fields() {
        func fields(_ text: String) -> [String] {
            let line = Array(text.utf8)[...]
            return SeparatedFields(firstLine: line).fields(of: line).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        #expect(fields("a, b ,,c") == ["a", "b", "", "c"])
        #expect(fields("a;b") == ["a", "b"])
        #expect(fields("a\tb c") == ["a", "b c"])
        #expect(fields("a;b,c") == ["a;b", "c"])
        #expect(fields(#""a,b", "say ""no""","#) == ["a,b", #"say "no""#, ""])
        #expect(fields(#""open, b"#) == [#""open, b"#])
        #expect(fields(#""""#) == [""])
        #expect(fields("") == [""])
    }
}
