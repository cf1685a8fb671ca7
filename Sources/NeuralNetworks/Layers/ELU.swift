#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// x where it is above 0, α (eˣ − 1) elsewhere.
///
/// Source: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential
/// linear units", ICLR 2016, equation 2.
public struct ELU: ElementwiseLayer {
    /// "elu".
    public static let kind = "elu"

    /// α, at least 0.
    public var alpha: Double

    /// With α = 1, unless another is given.
    public init(alpha: Double = 1) { self.alpha = alpha }

    /// The input's.
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        guard alpha >= 0, alpha.isFinite else {
            throw .other("its α \(alpha) must be a number of at least 0")
        }
        return input
    }

    /// x or α (eˣ − 1).
    public func value(at x: Float) -> Float { x > 0 ? x : Float(alpha) * expm1f(x) }
    /// 1 or α eˣ.
    public func slope(at x: Float, value: Float) -> Float { x > 0 ? 1 : value + Float(alpha) }
}

extension ELU {
    private enum CodingKeys: CodingKey { case alpha }

    /// Reads it; α may be left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(alpha: try container.decodeIfPresent(Double.self, forKey: .alpha) ?? 1)
    }
}
