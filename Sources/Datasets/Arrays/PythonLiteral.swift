/// The text of a Python dictionary, read from its beginning: only what headers of `.npy` files are made
/// of. Nothing in it is nested, so that nothing recurses.
struct PythonLiteral {
    private let bytes: ArraySlice<UInt8>
    private var next: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        next = bytes.startIndex
    }

    /// How many bytes have been read.
    var position: Int { next - bytes.startIndex }

    /// Passes white space over.
    private mutating func skipSpace() {
        while next < bytes.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[next]) { next += 1 }
    }

    /// Whether that character comes next.
    mutating func isNext(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        return next < bytes.endIndex && UInt32(bytes[next]) == character.value
    }

    /// Passes that character over; false where another comes.
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard isNext(character) else { return false }
        next += 1
        return true
    }

    mutating func require(_ character: Unicode.Scalar) throws(ArrayProblem) {
        guard skip(character) else {
            throw .header(position: position, expected: "“\(character)”")
        }
    }

    /// Whatever follows is white space.
    mutating func requireEnd() throws(ArrayProblem) {
        skipSpace()
        guard next == bytes.endIndex else {
            throw .header(position: position, expected: "nothing but spaces after “}”")
        }
    }

    /// A string in quotes of either kind, without escapes.
    mutating func string() throws(ArrayProblem) -> String {
        skipSpace()
        guard next < bytes.endIndex, [0x22, 0x27].contains(bytes[next]),
            let end = bytes[(next + 1)...].firstIndex(of: bytes[next])
        else { throw .header(position: position, expected: "a text in quotes") }
        let content = bytes[(next + 1)..<end]
        guard content.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x5C }) else {
            throw .header(position: position, expected: "a text of plain letters")
        }
        next = end + 1
        return String(decoding: content, as: UTF8.self)
    }

    /// True or False.
    mutating func bool() throws(ArrayProblem) -> Bool {
        skipSpace()
        for (word, value) in [("True", true), ("False", false)]
        where bytes[next...].starts(with: word.utf8) {
            next += word.utf8.count
            return value
        }
        throw .header(position: position, expected: "True or False")
    }

    /// A tuple of whole numbers: `()`, `(3,)`, `(3, 4)`.
    mutating func wholes(limit: Int) throws(ArrayProblem) -> [Int] {
        try require("(")
        var values: [Int] = []
        while !skip(")") {
            guard values.count < limit else {
                throw .header(position: position, expected: "at most \(limit) dimensions")
            }
            values.append(try whole())
            guard skip(",") else {
                // One number in parentheses is no tuple.
                if values.count == 1 { try require(",") }
                try require(")")
                break
            }
        }
        return values
    }

    private mutating func whole() throws(ArrayProblem) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while next < bytes.endIndex, (0x30...0x39).contains(bytes[next]) {
            let (tenfold, first) = value.multipliedReportingOverflow(by: 10)
            let (sum, second) = tenfold.addingReportingOverflow(Int(bytes[next] - 0x30))
            guard !first, !second else {
                throw .header(position: start, expected: "a whole number of 64 bits")
            }
            value = sum
            next += 1
        }
        guard position > start else {
            throw .header(position: start, expected: "a whole number")
        }
        return value
    }
}
