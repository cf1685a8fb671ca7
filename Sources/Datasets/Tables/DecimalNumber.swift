#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reading of numbers as tables have them: 12, -0.5, +1e-3, .5, 7.
enum DecimalNumber {
    /// What a cell is.
    enum Reading: Equatable {
        /// A finite number.
        case number(Double)
        /// `nan`, `inf`, `infinity`, or a number beyond a Double's range.
        case notFinite
        /// Nothing, `?`, `NA` or `N/A`.
        case unknown
        /// Anything else.
        case word
    }

    /// 10⁰ … 10²², which are exact.
    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// What the bytes of a cell say; the Double nearest to a number.
    ///
    /// With at most 2⁵³ as digits and 22 as power of ten both are exact and their product or
    /// quotient is rounded once (Clinger, "How to read floating point numbers accurately", 1990);
    /// the C library reads the others.
    static func read(_ text: UnsafeBufferPointer<UInt8>) -> Reading {
        guard let bytes = text.baseAddress, !text.isEmpty else { return .unknown }
        let count = text.count
        var place = 0
        var isNegative = false
        if bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+") {
            isNegative = bytes[0] == UInt8(ascii: "-")
            place = 1
        }
        var digits: UInt64 = 0
        var digitCount = 0
        var exponent = 0
        var isExact = true
        func take(_ digit: UInt8) {
            if digits < 900_719_925_474_099 {
                digits = digits * 10 + UInt64(digit)
            } else {
                isExact = false
            }
            digitCount += 1
        }
        while place < count, bytes[place] &- 0x30 < 10 {
            take(bytes[place] &- 0x30)
            place += 1
        }
        if place < count, bytes[place] == UInt8(ascii: ".") {
            place += 1
            while place < count, bytes[place] &- 0x30 < 10 {
                take(bytes[place] &- 0x30)
                exponent -= 1
                place += 1
            }
        }
        guard digitCount > 0 else { return other(text) }
        if place < count, bytes[place] | 0x20 == UInt8(ascii: "e") {
            place += 1
            var isBelow = false
            if place < count, bytes[place] == UInt8(ascii: "-") || bytes[place] == UInt8(ascii: "+")
            {
                isBelow = bytes[place] == UInt8(ascii: "-")
                place += 1
            }
            guard place < count, bytes[place] &- 0x30 < 10 else { return .word }
            var power = 0
            while place < count, bytes[place] &- 0x30 < 10 {
                power = min(power * 10 + Int(bytes[place] &- 0x30), 100_000)
                place += 1
            }
            exponent += isBelow ? -power : power
        }
        guard place == count else { return .word }
        if isExact, exponent >= -22, exponent <= 22 {
            let whole = Double(digits)
            let value = exponent < 0 ? whole / powers[-exponent] : whole * powers[exponent]
            return .number(isNegative ? -value : value)
        }
        return slow(text)
    }

    /// By the C library, which stops at a zero byte.
    private static func slow(_ text: UnsafeBufferPointer<UInt8>) -> Reading {
        var copy = text.map { CChar(bitPattern: $0) }
        copy.append(0)
        let value = strtod(copy, nil)
        return value.isFinite ? .number(value) : .notFinite
    }

    /// Whether a cell of a column of words says that nobody knows: `nan` does, in whatever case.
    static func isUnknown(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch read(text) {
        case .unknown: true
        // Of what is not finite, `nan` alone has this letter.
        case .notFinite: text.contains { $0 | 0x20 == UInt8(ascii: "a") }
        case .number, .word: false
        }
    }

    private static func other(_ text: UnsafeBufferPointer<UInt8>) -> Reading {
        guard text.count <= 9 else { return .word }
        switch text[0] | 0x20 {
        // n, i, ?, + and -, the first letters of those below.
        case 0x6E, 0x69, 0x3F, 0x2B, 0x2D: break
        default: return .word
        }
        let letters = text.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        let bare =
            letters.first == UInt8(ascii: "-") || letters.first == UInt8(ascii: "+")
            ? letters.dropFirst() : letters[...]
        for word in ["nan", "inf", "infinity"] where bare.elementsEqual(word.utf8) {
            return .notFinite
        }
        for word in ["?", "na", "n/a"] where letters.elementsEqual(word.utf8) { return .unknown }
        return .word
    }
}
