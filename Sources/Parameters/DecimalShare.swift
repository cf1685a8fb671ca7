/// Whole numbers that a decimal factor makes of a count.
///
/// People write 0.07 and mean 7/100, which no Double is: the product 0.07 · 10000 is a little over
/// 700 in Double, and rounding it up would make 701 of it. So what lies within a 10⁻¹² of a whole number
/// (or of a half) is taken for that.
package enum DecimalShare {
    /// As much of a product as its roundings, and those of its factor, may be wrong by.
    private static let tolerance = 1e-12

    /// ⌈factor · count⌉; what no `Int` can hold becomes the largest or smallest one, NaN 0.
    package static func ceiling(_ factor: Double, of count: Int) -> Int {
        whole((factor * Double(count) * (1 - tolerance)).rounded(.up))
    }

    /// ⌊factor · count + ½⌋ for what is not negative; what no `Int` can hold becomes the largest one,
    /// NaN 0.
    package static func nearest(_ factor: Double, of count: Int) -> Int {
        whole((factor * Double(count) * (1 + tolerance)).rounded())
    }

    private static func whole(_ value: Double) -> Int {
        guard !value.isNaN else { return 0 }
        return Int(exactly: value) ?? (value < 0 ? Int.min : Int.max)
    }
}
