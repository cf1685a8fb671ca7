#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The hyperbolic tangent, of any shape.
public struct Tanh: ElementwiseLayer {
    /// "tanh".
    public static let kind = "tanh"

    /// It has no sizes.
    public init() {}

    /// tanh(x).
    public func value(at x: Float) -> Float { tanhf(x) }
    /// 1 − tanh²(x).
    public func slope(at x: Float, value: Float) -> Float { 1 - value * value }
}
