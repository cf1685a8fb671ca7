/// In training sets each value to 0 with probability `rate` and scales the rest by 1 / (1 − rate).
///
/// Source: Srivastava et al., "Dropout", JMLR 2014, in the inverted form. Probabilities are kept
/// to 2⁻¹⁶.
public struct Dropout: LayerDefinition {
    /// "dropout".
    public static let kind = "dropout"

    /// The probability of 0, at least 0 and below 1.
    public var rate: Double

    /// At that rate.
    public init(_ rate: Double) { self.rate = rate }

    /// The input's.
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        guard rate >= 0, rate < 1 else { throw .rateOutOfRange(rate) }
        return input
    }
}
