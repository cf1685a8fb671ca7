#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// σ(x) = 1 / (1 + e⁻ˣ), of any shape.
public struct Sigmoid: ElementwiseLayer {
    /// "sigmoid".
    public static let kind = "sigmoid"

    /// It has no sizes.
    public init() {}

    /// σ(x).
    public func value(at x: Float) -> Float { Self.of(x) }
    /// σ(x) (1 − σ(x)).
    public func slope(at x: Float, value: Float) -> Float { value * (1 - value) }

    /// σ(x), whatever x: no power of e is above 1.
    static func of(_ x: Float) -> Float {
        let power = expf(-abs(x))
        return (x < 0 ? power : 1) / (1 + power)
    }
}
