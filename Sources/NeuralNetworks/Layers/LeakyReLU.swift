/// x where it is above 0, slope · x elsewhere.
///
/// Source: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML
/// workshops 2013.
public struct LeakyReLU: ElementwiseLayer {
    /// "leaky-relu".
    public static let kind = "leaky-relu"

    /// What numbers below 0 are multiplied by, at least 0.
    public var slope: Double

    /// With Keras's slope, unless another is given.
    public init(slope: Double = 0.3) { self.slope = slope }

    /// The input's.
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        guard slope >= 0, slope.isFinite else {
            throw .other("the slope \(slope) must be a number of at least 0")
        }
        return input
    }

    /// x or slope · x.
    public func value(at x: Float) -> Float { x > 0 ? x : Float(slope) * x }
    /// 1 or slope.
    public func slope(at x: Float, value: Float) -> Float { x > 0 ? 1 : Float(slope) }
}

extension LeakyReLU {
    private enum CodingKeys: CodingKey { case slope }

    /// Reads it; the slope may be left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(slope: try container.decodeIfPresent(Double.self, forKey: .slope) ?? 0.3)
    }
}
