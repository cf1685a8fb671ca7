import Platform
import TestThreads
import Testing

@Suite("Printable text", .holdsItsThread)
struct PrintableTextTests {
    /// Every character that there is.
    private static var everyScalar: some Sequence<Unicode.Scalar> {
        (UInt32(0)...0x10FFFF).lazy.compactMap { Unicode.Scalar($0) }
    }

    /// What must never reach a terminal, whatever Unicode's tables say.
    private static let forbidden: [ClosedRange<UInt32>] = [
        0x00...0x1F, 0x7F...0x9F, 0xAD...0xAD, 0x061C...0x061C, 0x180E...0x180E, 0x200B...0x200F,
        0x2028...0x202E, 0x2060...0x2069, 0xFEFF...0xFEFF, 0xFFF9...0xFFFB, 0xE0001...0xE0001,
        0xE0020...0xE007F,
    ]

    @Test("Whatever does something in place of being seen is written out, and nothing else")
    func everyCharacter() {
        for scalar in Self.everyScalar {
            let isForbidden = Self.forbidden.contains { $0.contains(scalar.value) }
            if isForbidden { #expect(scalar.isUnprintable, "\(scalar.value)") }
            let text = "a\(Character(scalar))b"
            let expected =
                scalar.isUnprintable ? "a\\u{\(String(scalar.value, radix: 16))}b" : text
            // Compared by scalars: texts that mean the same to Unicode are not the same here.
            guard text.printable.unicodeScalars.elementsEqual(expected.unicodeScalars) else {
                Issue.record("\(scalar.value) becomes \(text.printable.utf8.map { $0 })")
                return
            }
        }
    }

    @Test("Letters, digits, signs and pictures of all scripts stay as they are")
    func seen() {
        for text in ["", "naïve — 5 × 10²", "客户端", "عميل", "e\u{301}", "❤\u{FE0F}", "👩", "\u{A0}"] {
            #expect(text.printable.unicodeScalars.elementsEqual(text.unicodeScalars))
        }
    }

    @Test("Made printable twice it is the same, and pairs of characters hide nothing")
    func twice() {
        for text in ["\r\n", "\u{1B}[31m", "\u{1B}]0;owned\u{7}", "\u{202E}txt.exe", "\\u{1b}"] {
            let once = text.printable
            #expect(once.isPrintable)
            #expect(once.printable == once)
        }
        #expect("\r\n".printable == "\\u{d}\\u{a}")
    }

    @Test("A limit holds, between characters")
    func limits() {
        #expect("abcdef".printable(limit: 3) == "abc…")
        #expect("abc".printable(limit: 3) == "abc")
        #expect("\u{1B}bc".printable(limit: 2) == "\\u{1b}b…")
        for text in [String(repeating: "é", count: 700), String(repeating: "\u{1}", count: 900)] {
            for limit in [3, 4, 5, 6, 999, 1000] {
                let cut = text.printable(byteLimit: limit)
                #expect(cut.utf8.count <= limit)
                #expect(cut.hasSuffix("…"))
                #expect(text.printable.hasPrefix(cut.dropLast()))
            }
        }
        #expect("abc".printable(byteLimit: 3) == "abc")
    }
}
