import CKernels

/// Whether the arithmetic of a thread knows the numbers below the normal ones, 2⁻¹²⁶ in magnitude.
///
/// Parameters that decay end there, and CPUs take up to a hundred times as long for them: a plan computes
/// with zeros in their place. Sums that are exact know them. Both say so where they begin and leave the
/// thread as it was, because it may be a stranger's: a queue's, a caller's.
package enum Denormals {
    /// Runs `body` with zero in place of every denormal operand and result, at every SIMD level and in
    /// OpenBLAS; on CPUs without such a mode, as it is.
    @inline(__always)
    package static func flushed<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = ck_flush_denormals(1)
        defer { ck_restore_denormals(before) }
        return try body()
    }

    /// Runs `body` with denormal numbers as IEEE 754 has them.
    @inline(__always)
    package static func kept<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = ck_flush_denormals(0)
        defer { ck_restore_denormals(before) }
        return try body()
    }
}
