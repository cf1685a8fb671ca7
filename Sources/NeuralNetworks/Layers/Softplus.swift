#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// log(1 + eˣ), of any shape.
public struct Softplus: ElementwiseLayer {
    /// "softplus".
    public static let kind = "softplus"

    /// It has no sizes.
    public init() {}

    /// max(x, 0) + log(1 + e^−|x|), which is the same and finite at any x.
    public func value(at x: Float) -> Float { (x < 0 ? 0 : x) + log1pf(expf(-abs(x))) }
    /// σ(x).
    public func slope(at x: Float, value: Float) -> Float { Sigmoid.of(x) }
}
