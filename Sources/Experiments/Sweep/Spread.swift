import Platform

/// Mean and spread of a number over several runs, as tables of papers give it.
public struct Spread: Hashable, Sendable, CustomStringConvertible {
    /// How many numbers there are.
    public let count: Int
    /// Their mean.
    public let mean: Double
    /// Their standard deviation, s = √(Σ (x − mean)² / (n − 1)); 0 for a single number.
    public let standardDeviation: Double
    /// The lowest and the highest.
    public let range: ClosedRange<Double>

    /// The spread of these numbers; nil where there are none.
    public init?(_ values: [Double]) {
        guard let low = values.min(), let high = values.max() else { return nil }
        count = values.count
        let mean = values.reduce(0, +) / Double(count)
        self.mean = mean
        standardDeviation =
            count > 1
            ? (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)).squareRoot()
            : 0
        range = low...high
    }

    /// “0.9812 ± 0.0031 (0.9771 – 0.9840)”.
    public var description: String {
        let figures = [mean, standardDeviation, range.lowerBound, range.upperBound]
            .map { Text.fixed($0, 4) }
        return "\(figures[0]) ± \(figures[1]) (\(figures[2]) – \(figures[3]))"
    }
}
