/// Σ n_k x_k / Σ n_k in schoolbook arithmetic on unbounded integers, rounded once: it shares nothing
/// with the accumulator's kernels, takes a float apart by its bits and counts in units of 2⁻¹⁴⁹.
struct Oracle {
    private var positive: [UInt32] = []
    private var negative: [UInt32] = []
    private var divisor: UInt64 = 0

    mutating func add(_ value: Float, times count: Int) {
        divisor += UInt64(count)
        let exponent = Int(value.bitPattern >> 23 & 0xFF)
        let fraction = UInt64(value.bitPattern & 0x7F_FFFF)
        let significand = exponent == 0 ? fraction : fraction | 0x80_0000
        let product = significand * UInt64(count)
        let shift = max(exponent - 1, 0)
        if value.sign == .minus {
            Self.add(&negative, product, shiftedBy: shift)
        } else {
            Self.add(&positive, product, shiftedBy: shift)
        }
    }

    /// The mean, to the nearest Float, ties to even.
    var mean: Float {
        let isNegative = Self.isLess(positive, negative)
        let difference =
            isNegative
            ? Self.subtract(negative, positive) : Self.subtract(positive, negative)
        // Long division by one bit after the other; the divisor has at most 63.
        var quotient = [UInt8](repeating: 0, count: difference.count * 32)
        var remainder: UInt64 = 0
        for bit in stride(from: quotient.count - 1, through: 0, by: -1) {
            remainder = remainder << 1 | UInt64(difference[bit / 32] >> (bit % 32) & 1)
            if remainder >= divisor {
                remainder -= divisor
                quotient[bit] = 1
            }
        }
        let length = (quotient.lastIndex(of: 1) ?? -1) + 1
        let dropped = max(length - 24, 0)
        var kept = 0
        for bit in stride(from: length - 1, through: dropped, by: -1) {
            kept = kept << 1 | Int(quotient[bit])
        }
        // What was dropped against one half: −1 below, 0 at, 1 above.
        let against: Int
        if dropped == 0 {
            let twice = remainder * 2
            against = twice < divisor ? -1 : twice == divisor ? 0 : 1
        } else if quotient[dropped - 1] == 0 {
            against = -1
        } else {
            let isExactlyHalf = remainder == 0 && !quotient[..<(dropped - 1)].contains(1)
            against = isExactlyHalf ? 0 : 1
        }
        if against > 0 || (against == 0 && kept % 2 == 1) { kept += 1 }
        let magnitude = Float(
            sign: .plus, exponent: dropped - 149, significand: Float(kept))
        return isNegative ? -magnitude : magnitude
    }

    private static func add(_ sum: inout [UInt32], _ value: UInt64, shiftedBy shift: Int) {
        var limb = shift / 32
        var carry = [UInt32](repeating: 0, count: 3)
        let wide = UInt64(value & 0xFFFF_FFFF) << UInt64(shift % 32)
        let upper = UInt64(value >> 32) << UInt64(shift % 32) + wide >> 32
        carry[0] = UInt32(truncatingIfNeeded: wide)
        carry[1] = UInt32(truncatingIfNeeded: upper)
        carry[2] = UInt32(upper >> 32)
        var over: UInt64 = 0
        var index = 0
        while index < 3 || over > 0 {
            while sum.count <= limb { sum.append(0) }
            let total = UInt64(sum[limb]) + (index < 3 ? UInt64(carry[index]) : 0) + over
            sum[limb] = UInt32(truncatingIfNeeded: total)
            over = total >> 32
            limb += 1
            index += 1
        }
    }

    private static func isLess(_ a: [UInt32], _ b: [UInt32]) -> Bool {
        for index in stride(from: max(a.count, b.count) - 1, through: 0, by: -1) {
            let x = index < a.count ? a[index] : 0
            let y = index < b.count ? b[index] : 0
            if x != y { return x < y }
        }
        return false
    }

    /// a − b for a ≥ b.
    private static func subtract(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
        var difference = a
        var borrow: Int64 = 0
        for index in difference.indices {
            var digit = Int64(a[index]) - (index < b.count ? Int64(b[index]) : 0) - borrow
            borrow = digit < 0 ? 1 : 0
            if digit < 0 { digit += 1 << 32 }
            difference[index] = UInt32(digit)
        }
        return difference
    }
}
