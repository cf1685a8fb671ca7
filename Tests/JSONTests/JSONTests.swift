import JSON
import Parameters
import TestThreads
import Testing

@Suite(.holdsItsThread) struct JSONTests {
    private func read(_ text: String) throws(JSONError) -> JSONValue {
        var scanner = JSONScanner([UInt8](text.utf8))
        return try scanner.document()
    }

    @Test func valuesAreRead() throws {
        let text = #"""
             {"a": [1, -2.5e1, true, false, null], "ü\u00fc\ud83d\ude00\n\"\\\/": {},
              "big": 18446744073709551615, "huge": 1e300 , "e": []}
            """#
        #expect(
            try read(text) == [
                "a": [1, .number(-25), true, false, nil], "üü😀\n\"\\/": [:],
                "big": .unsigned(.max), "huge": 1e300, "e": [],
            ])
    }

    @Test func malformedBytesAreNamed() {
        let table: [(String, Int, String)] = [
            ("", 0, "a value"), ("[1,]", 3, "a value"),
            ("[1 2]", 3, "a comma or the end of the list"),
            ("{\"a\" 1}", 5, "a colon"), ("{\"a\": 1,}", 8, "a string"), ("{1: 2}", 1, "a string"),
            ("[01]", 2, "a number without leading zeros"), ("[1.]", 3, "a digit after the point"),
            ("[1e]", 3, "a digit in the exponent"), ("[+1]", 1, "a value"), ("nul", 0, "null"),
            ("1 1", 2, "the end of the document"), ("[NaN]", 1, "a value"),
            ("\"a", 2, "the end of the string that begins at byte 0"), ("\"\\", 2, "an escape"),
            ("\"\\u12\"", 5, "four hexadecimal digits"), ("\"\\udc00\"", 3, "a surrogate pair"),
            ("\"\t\"", 1, "an escape in place of a control character"),
            ("1e999", 0, "a number in the range of a Double"), ("[", 1, "a value"),
        ]
        for (text, position, expected) in table {
            let result = Result { () throws(JSONError) in try read(text) }
            #expect(
                result == .failure(JSONError(position: position, expected: expected)), "\(text)")
        }
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try read(deep) }
        var scanner = JSONScanner([UInt8](deep.utf8))
        var values: [Float] = []
        #expect(throws: JSONError.self) { try scanner.nestedFloats(into: &values) }
    }

    @Test func nestedListsGiveShapes() throws {
        func shape(_ text: String) -> Result<[Int], JSONError> {
            var values: [Float] = []
            var scanner = JSONScanner([UInt8](text.utf8))
            return Result { () throws(JSONError) in try scanner.nestedFloats(into: &values) }
        }
        #expect(shape("3") == .success([]))
        #expect(shape("[ 1 , 2 ]") == .success([2]))
        #expect(shape("[[1,2,3],\n[4,5,6]]") == .success([2, 3]))
        #expect(shape("[]") == .success([0]))
        #expect(
            shape("[[1,2],[3]]")
                == .failure(JSONError(position: 7, expected: "a list of shape [2], not [1]")))
        #expect(
            shape("[[1,2],3]")
                == .failure(JSONError(position: 7, expected: "a list of shape [2], not []")))
        #expect(shape("[1,[2]]") == .failure(JSONError(position: 3, expected: "a value")))
        #expect(
            shape("[1e39]")
                == .failure(JSONError(position: 1, expected: "a number in the range of a Float")))
    }

    @Test func floatsAreReadToTheNearest() throws {
        func float(_ text: String) throws -> UInt32 {
            var scanner = JSONScanner([UInt8](text.utf8))
            return try scanner.float().bitPattern
        }
        // Borders between Floats, and digits beyond what a Double holds.
        for text in [
            "0", "-0", "0.0e5", "1.000000059604644775390625", "1.00000005960464477539062500001",
            "1.00000017881393432617187500", "16777217", "16777219", "16777217.000000000000000001",
            "1.1754943508222875e-38", "1e-45", "7e-46", "8.5e-46", "3.4028234663852886e38",
            "0.1", "123456789012345678901234567890", "9007199254740993", "1e-400", "5E+3", "0.3e-7",
        ] {
            #expect(try float(text) == Float(text)?.bitPattern, "\(text)")
        }
        var random = RandomStream(RandomKey(seed: 21, purpose: .generation))
        for _ in 0..<200_000 {
            // Any sign and fraction; an exponent field below that of infinity.
            let exponent = UInt32(random.next(in: 0...254))
            let value = Float(
                bitPattern: UInt32(truncatingIfNeeded: random.next()) & 0x807F_FFFF | exponent << 23
            )
            let bits = try float(value.description)
            if bits != value.bitPattern { Issue.record("seed 21: \(value)") }
        }
        for _ in 0..<100_000 {
            let text =
                "\(random.next(below: 1_000_000_000_000)).\(random.next(below: 1000))"
                + "e\(random.next(in: -40...20))"
            let bits = try float(text)
            if bits != Float(text)?.bitPattern { Issue.record("seed 21: \(text)") }
        }
    }
}
