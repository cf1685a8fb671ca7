import CKernels
import COpenBLAS

/// Matrix products by OpenBLAS, on one thread each: clients run side by side instead.
public enum BLAS {
    /// A factor of a product, taken as it is stored or transposed.
    public struct Factor {
        fileprivate let elements: UnsafePointer<Float>
        fileprivate let order: CBLAS_TRANSPOSE

        /// The matrix as it is stored.
        public static func plain(_ elements: UnsafePointer<Float>) -> Factor {
            Factor(elements: elements, order: CblasNoTrans)
        }

        /// The transpose of what is stored.
        public static func transposed(_ elements: UnsafePointer<Float>) -> Factor {
            Factor(elements: elements, order: CblasTrans)
        }
    }

    /// The kernels that OpenBLAS uses, by its own name for the CPU core ("Haswell", "SkylakeX").
    public static var coreName: String {
        String(cString: openblas_get_corename())
    }

    /// Whether OpenBLAS's kernels are what the CPU deserves.
    public enum CoreState: Int32, Sendable {
        /// OpenBLAS, or the user by `OPENBLAS_CORETYPE`, chose.
        case asChosen = 0
        /// OpenBLAS did not know the CPU and was told.
        case corrected = 1
        /// OpenBLAS does not know the CPU and cannot be told: products are several times slower.
        case unsuitable = -1
    }

    /// What CKernels' constructor found when the program was loaded.
    public static var coreState: CoreState {
        CoreState(rawValue: ck_blas_core_state()) ?? .asChosen
    }

    private static let singleThreaded: Void = openblas_set_num_threads(1)

    /// C[m][n] = alpha · A[m][k] · B[k][n] + beta · C, all row-major without gaps.
    ///
    /// With `beta` 0, C may hold anything before.
    /// - Precondition: `a`, `b` and `c` have m·k, k·n and m·n elements.
    public static func multiply(
        _ a: Factor, _ b: Factor, into c: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int,
        alpha: Float = 1, beta: Float = 0
    ) {
        _ = singleThreaded
        cblas_sgemm(
            CblasRowMajor, a.order, b.order, blasint(m), blasint(n), blasint(k), alpha,
            a.elements, blasint(a.order == CblasNoTrans ? k : m),
            b.elements, blasint(b.order == CblasNoTrans ? n : k), beta, c, blasint(n))
    }
}

/// How far this package's own loops use the CPU.
public enum SIMDLevel: Int32, CaseIterable, Sendable, CustomStringConvertible {
    /// What every CPU of the architecture has, less its fused multiply-add.
    case baseline = 0
    #if arch(x86_64)
        /// AVX2 and FMA.
        case avx2 = 1
        /// AVX-512.
        case avx512 = 2
    #elseif arch(arm64)
        /// NEON, which every CPU of aarch64 has.
        case neon = 1
    #endif

    /// The level in use: the best the CPU has, or less where `FEDERATED_SIMD` says so.
    public static var current: SIMDLevel { SIMDLevel(rawValue: ck_level())! }
    /// The best that the CPU has.
    public static var best: SIMDLevel { SIMDLevel(rawValue: ck_best_level())! }

    /// As `FEDERATED_SIMD` says it: "baseline", "avx2", "avx512", on aarch64 "baseline", "neon".
    public var name: String { description.lowercased().filter { $0 != "-" } }

    /// The level that `FEDERATED_SIMD` means, which may be as long as its description, too.
    public init?(name: String) {
        let plain = name.lowercased().filter { $0 != "-" }
        guard let level = Self.allCases.first(where: { $0.name == plain }) else { return nil }
        self = level
    }

    /// "baseline", "AVX2", "AVX-512" or "NEON".
    public var description: String {
        switch self {
        case .baseline: "baseline"
        #if arch(x86_64)
            case .avx2: "AVX2"
            case .avx512: "AVX-512"
        #elseif arch(arm64)
            case .neon: "NEON"
        #endif
        }
    }
}
