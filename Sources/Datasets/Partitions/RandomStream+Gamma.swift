import Parameters

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Numbers that are not uniform.
///
/// They rest on the C library's `log`, which may round its last bit otherwise on another machine;
/// with it a number here, and once in a long while the client of an image, may differ there.
extension RandomStream {
    /// The logarithm of a number from the gamma distribution with that shape and the scale 1; the
    /// number itself would often be 0 for a small shape.
    ///
    /// Source: Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; for a
    /// shape a < 1, Γ(a) = Γ(a + 1) · u^(1/a).
    /// - Precondition: `shape` > 0.
    package mutating func nextLogGamma(shape: Double) -> Double {
        precondition(shape > 0, "a gamma variable of shape \(shape) was asked for")
        guard shape < 1 else { return nextLogGammaFromOne(shape) }
        let above = nextLogGammaFromOne(shape + 1)
        // 1 − u is never 0. A tiny shape would make the quotient infinite.
        return above + max(log(1 - nextUniform()) / shape, -1e300)
    }

    private mutating func nextLogGammaFromOne(_ shape: Double) -> Double {
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = nextNormal()
            let root = 1 + c * x
            guard root > 0 else { continue }
            let v = root * root * root
            let u = 1 - nextUniform()
            let square = x * x
            if u < 1 - 0.0331 * square * square { return log(d * v) }
            if log(u) < 0.5 * square + d * (1 - v + log(v)) { return log(d * v) }
        }
    }
}
