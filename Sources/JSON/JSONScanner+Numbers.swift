/// 10⁰ … 10⁴⁰, each the nearest Double; up to 10²² that is exact.
private let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32,
    1e33, 1e34, 1e35, 1e36, 1e37, 1e38, 1e39, 1e40,
]

extension JSONScanner {
    /// A number as it is written.
    private struct Literal {
        var range: Range<Int>
        var isNegative = false
        /// The digits without point and exponent, as long as they fit.
        var digits: UInt64 = 0
        /// digits · 10^exponent is the magnitude.
        var exponent = 0
        var isWhole = true
        /// Whether `digits` and `exponent` hold all of it.
        var isComplete = true

        mutating func append(_ digit: UInt8) {
            guard digits < 1_000_000_000_000_000_000 else {
                isComplete = false
                return
            }
            digits = digits * 10 + UInt64(digit & 0xF)
        }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// Reads a number by the grammar: no leading zeros or plus, digits on both sides of the point.
    private mutating func literal() throws(JSONError) -> Literal {
        var literal = Literal(range: position..<position)
        if next == UInt8(ascii: "-") {
            literal.isNegative = true
            position += 1
        }
        guard isDigit(next) else {
            throw failure("a value", at: literal.range.lowerBound)
        }
        if next == UInt8(ascii: "0") {
            position += 1
            guard !isDigit(next) else { throw failure("a number without leading zeros") }
        }
        while isDigit(next) {
            literal.append(next)
            position += 1
        }
        if next == UInt8(ascii: ".") {
            literal.isWhole = false
            position += 1
            guard isDigit(next) else { throw failure("a digit after the point") }
            while isDigit(next) {
                literal.append(next)
                literal.exponent -= 1
                position += 1
            }
        }
        if next | 0x20 == UInt8(ascii: "e") {
            literal.isWhole = false
            position += 1
            let isNegative = next == UInt8(ascii: "-")
            if isNegative || next == UInt8(ascii: "+") { position += 1 }
            guard isDigit(next) else { throw failure("a digit in the exponent") }
            var exponent = 0
            while isDigit(next) {
                exponent = min(exponent * 10 + Int(next & 0xF), 100_000)
                position += 1
            }
            literal.exponent += isNegative ? -exponent : exponent
        }
        literal.range = literal.range.lowerBound..<position
        return literal
    }

    private func text(_ literal: Literal) -> String {
        String(decoding: bytes[literal.range], as: UTF8.self)
    }

    /// A number as whole or fraction.
    package mutating func number() throws(JSONError) -> JSONValue {
        let literal = try literal()
        let text = text(literal)
        if literal.isWhole {
            if let value = Int(text) { return .integer(value) }
            if let value = UInt64(text) { return .unsigned(value) }
        }
        guard let value = Double(text), value.isFinite else {
            throw failure("a number in the range of a Double", at: literal.range.lowerBound)
        }
        return .number(value)
    }

    /// What is expected where a number is too large for a Float.
    package static let floatRange = "a number in the range of a Float"

    /// The first bytes of the number that begins at `place`, for an error.
    package func numberText(at place: Int) -> String {
        let characters = Set("+-.0123456789eE".utf8)
        let text = bytes[place...].prefix(41).prefix { characters.contains($0) }
        return String(decoding: text.prefix(40), as: UTF8.self) + (text.count > 40 ? "…" : "")
    }

    /// The Float nearest to a number, ties to even; null is NaN.
    ///
    /// Quick way: the digits, the power of ten and their product or quotient are each rounded once
    /// to a Double, so the result is off by at most 3·2⁻⁵³ of the value, which is 3 units in its last
    /// place or less. Rounding it to a Float then gives the same as rounding the value itself, unless
    /// it lies within those 3 units of the border between two Floats: those few are read the slow
    /// way. (After Clinger, "How to read floating point numbers accurately", 1990, who has the digits
    /// exact; other programs' Doubles have 17 of them.)
    package mutating func float() throws(JSONError) -> Float {
        if next == UInt8(ascii: "n") {
            _ = try value()
            return .nan
        }
        let literal = try literal()
        if literal.isComplete, abs(literal.exponent) < powersOfTen.count {
            let digits = Double(literal.digits)
            let magnitude =
                literal.exponent < 0
                ? digits / powersOfTen[-literal.exponent] : digits * powersOfTen[literal.exponent]
            // The 29 bits that a Float has not, and how far they are from its half unit.
            let rest = Int(magnitude.bitPattern & 0x1FFF_FFFF)
            let isBorder = abs(rest - 0x1000_0000) <= 4
            let isNormal = magnitude >= 0x1p-126 && magnitude <= 0x1p127
            if magnitude == 0 || (isNormal && !isBorder) {
                return literal.isNegative ? -Float(magnitude) : Float(magnitude)
            }
        }
        guard let value = Float(text(literal)), value.isFinite else {
            throw failure(Self.floatRange, at: literal.range.lowerBound)
        }
        return value
    }

    /// A number, or lists of numbers within lists: appends the numbers row by row.
    /// - Returns: the shape, [] for a single number.
    /// - Throws: `JSONError`, also where lists of one level differ in length or depth.
    package mutating func nestedFloats(
        into values: inout [Float], depth: Int = 0
    ) throws(JSONError) -> [Int] {
        skipSpace()
        guard next == UInt8(ascii: "[") else {
            values.append(try float())
            return []
        }
        guard depth < Self.depthLimit else {
            throw failure("at most \(Self.depthLimit) lists within each other")
        }
        position += 1
        if take(UInt8(ascii: "]")) { return [0] }
        skipSpace()
        if next != UInt8(ascii: "[") {
            var count = 0
            repeat {
                skipSpace()
                values.append(try float())
                count += 1
            } while take(UInt8(ascii: ","))
            try expect(UInt8(ascii: "]"), "a comma or the end of the list")
            return [count]
        }
        let shape = try nestedFloats(into: &values, depth: depth + 1)
        var count = 1
        while take(UInt8(ascii: ",")) {
            skipSpace()
            let place = position
            let other = try nestedFloats(into: &values, depth: depth + 1)
            guard other == shape else {
                throw failure("a list of shape \(shape), not \(other)", at: place)
            }
            count += 1
        }
        try expect(UInt8(ascii: "]"), "a comma or the end of the list")
        return [count] + shape
    }
}
