#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Numbers from the normal distribution.
///
/// They rest on the C library's `log`, which may round its last bit otherwise on another machine.
extension RandomStream {
    /// A number from the standard normal distribution.
    ///
    /// Source: Marsaglia and Bray, "A convenient method for generating normal variables", 1964 (the
    /// polar method; the second number of each pair is not used, so that no state is kept).
    package mutating func nextNormal() -> Double {
        while true {
            let x = 2 * nextUniform() - 1
            let y = 2 * nextUniform() - 1
            let square = x * x + y * y
            if square > 0, square < 1 { return x * (-2 * log(square) / square).squareRoot() }
        }
    }
}
