/// Reads JSON (RFC 8259) from bytes, with errors that name the byte.
///
/// For lists of a million numbers there is `nestedFloats()`; all else becomes a `JSONValue`.
package struct JSONScanner {
    /// Lists and objects within each other; more is refused, so that no input overflows the stack.
    package static let depthLimit = 64

    package let bytes: [UInt8]
    package var position = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The next byte; 0 at the end, which no JSON token begins with.
    package var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

    package func failure(_ expected: String, at place: Int? = nil) -> JSONError {
        JSONError(position: place ?? position, expected: expected)
    }

    /// Whether `word` stands there.
    package func isAt(_ word: String, at place: Int? = nil) -> Bool {
        bytes[(place ?? position)...].starts(with: word.utf8)
    }

    package mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// Skips space and takes `byte` if it comes next.
    package mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    package mutating func expect(_ byte: UInt8, _ name: String) throws(JSONError) {
        guard take(byte) else { throw failure(name) }
    }

    /// One value and nothing after it.
    package mutating func document() throws(JSONError) -> JSONValue {
        let value = try value()
        try end()
        return value
    }

    package mutating func end() throws(JSONError) {
        skipSpace()
        guard position == bytes.count else { throw failure("the end of the document") }
    }

    package mutating func value(depth: Int = 0) throws(JSONError) -> JSONValue {
        guard depth < Self.depthLimit else {
            throw failure("at most \(Self.depthLimit) lists or objects within each other")
        }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"):
            var members: [String: JSONValue] = [:]
            try object { (scanner, key) throws(JSONError) in
                members[key] = try scanner.value(depth: depth + 1)
            }
            return .object(members)
        case UInt8(ascii: "["):
            position += 1
            var elements: [JSONValue] = []
            if take(UInt8(ascii: "]")) { return .array(elements) }
            repeat { elements.append(try value(depth: depth + 1)) } while take(UInt8(ascii: ","))
            try expect(UInt8(ascii: "]"), "a comma or the end of the list")
            return .array(elements)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    /// Hands each member's key to `body`, which reads the value; a key that comes twice is refused,
    /// because which of its values counts is any reader's guess.
    package mutating func object(
        _ body: (inout JSONScanner, String) throws(JSONError) -> Void
    ) throws(JSONError) {
        try expect(UInt8(ascii: "{"), "an object")
        if take(UInt8(ascii: "}")) { return }
        var keys: Set<String> = []
        repeat {
            skipSpace()
            let place = position
            let key = try string()
            guard keys.insert(key).inserted else {
                throw failure(
                    "another key than “\(key.prefix(60))”, which has come before", at: place)
            }
            try expect(UInt8(ascii: ":"), "a colon")
            try body(&self, key)
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"), "a comma or the end of the object")
    }

    private mutating func word(
        _ word: StaticString, _ value: JSONValue
    ) throws(JSONError) -> JSONValue {
        let letters = [UInt8]("\(word)".utf8)
        guard bytes[position...].starts(with: letters) else { throw failure("\(word)") }
        position += letters.count
        return value
    }

    package mutating func string() throws(JSONError) -> String {
        let start = position
        guard next == UInt8(ascii: "\"") else { throw failure("a string") }
        position += 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw failure("UTF-8 in the string", at: start)
                }
                return string
            case UInt8(ascii: "\\"):
                text += try escape()
            case 0..<0x20:
                throw failure("an escape in place of a control character", at: position - 1)
            default:
                text.append(byte)
            }
        }
        throw failure("the end of the string that begins at byte \(start)")
    }

    private mutating func escape() throws(JSONError) -> [UInt8] {
        let letter = next
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if code & 0xFC00 == 0xD800, bytes[position...].starts(with: [0x5C, 0x75]) {
                position += 2
                let low = try hexadecimal()
                guard low & 0xFC00 == 0xDC00 else {
                    throw failure("the second half of a surrogate pair", at: position - 4)
                }
                code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw failure("a surrogate pair", at: position - 4)
            }
            return [UInt8](String(Character(scalar)).utf8)
        default: throw failure("an escape", at: position - 1)
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(next)).hexDigitValue, next < 0x80 else {
                throw failure("four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
