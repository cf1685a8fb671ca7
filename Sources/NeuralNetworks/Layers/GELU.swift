#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// x Φ(x), Φ being the normal distribution's function, of any shape.
///
/// Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016: exact, or by the tanh that the paper
/// has for it.
public struct GELU: ElementwiseLayer {
    /// "gelu".
    public static let kind = "gelu"

    /// Whether Φ is ½ (1 + tanh(√(2/π) (x + 0.044715 x³))).
    public var approximate: Bool

    /// The exact one, unless the other is asked for.
    public init(approximate: Bool = false) { self.approximate = approximate }

    /// x Φ(x).
    public func value(at x: Float) -> Float {
        approximate
            ? 0.5 * x * (1 + tanhf(Self.inner(x))) : 0.5 * x * erfcf(-x * Self.rootOfHalf)
    }

    /// Φ(x) + x Φ′(x).
    public func slope(at x: Float, value: Float) -> Float {
        guard approximate else {
            let density = expf(-0.5 * x * x) * Self.densityAtZero
            return 0.5 * erfcf(-x * Self.rootOfHalf) + x * density
        }
        let t = tanhf(Self.inner(x))
        let inner = Self.rootOfTwoByPi * (1 + 3 * Self.cubic * x * x)
        // Where t is ±1, x² may be beyond all bounds, and nothing is left of the second term.
        let steepness = 1 - t * t
        return 0.5 * (1 + t) + (steepness == 0 ? 0 : 0.5 * x * steepness * inner)
    }

    private static func inner(_ x: Float) -> Float { rootOfTwoByPi * (x + cubic * x * x * x) }

    private static let cubic: Float = 0.044715
    /// √½.
    private static let rootOfHalf: Float = 0.707_106_78
    /// √(2/π).
    private static let rootOfTwoByPi: Float = 0.797_884_56
    /// 1 / √(2π).
    private static let densityAtZero: Float = 0.398_942_28
}

extension GELU {
    private enum CodingKeys: CodingKey { case approximate }

    /// Reads it; it is exact unless it says otherwise.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            approximate: try container.decodeIfPresent(Bool.self, forKey: .approximate) ?? false)
    }
}
