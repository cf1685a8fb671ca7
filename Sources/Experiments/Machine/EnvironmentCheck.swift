import Foundation
import Tensors

/// What the environment says that this program heeds, and would else take no notice of where it is wrong.
package enum EnvironmentCheck {
    /// Refuses values that mean nothing.
    /// - Parameter blasCore: the kernels that OpenBLAS has chosen.
    package static func check(
        _ environment: [String: String] = ProcessInfo.processInfo.environment,
        blasCore: @autoclosure () -> String = BLAS.coreName
    ) throws(EnvironmentError) {
        if let level = environment["FEDERATED_SIMD"], !level.isEmpty,
            SIMDLevel(name: level) == nil
        {
            throw .simd(level, known: SIMDLevel.allCases.map(\.name))
        }
        guard let core = environment["OPENBLAS_CORETYPE"], !core.isEmpty else { return }
        // OpenBLAS has no list of its names to ask for. What it took is right, however new.
        let known = blasCores + [blasCore().lowercased()]
        guard !known.contains(core.lowercased()) else { return }
        throw .blasCore(core, taken: blasCore())
    }

    /// OpenBLAS's names of CPU cores, of its `cpu_list` and `corename`s up to version 0.3.30.
    private static let blasCores = [
        "katmai", "coppermine", "northwood", "prescott", "banias", "atom", "core2", "penryn",
        "dunnington", "nehalem", "athlon", "opteron", "opteron_sse3", "barcelona", "nano",
        "sandybridge", "bobcat", "bulldozer", "piledriver", "haswell", "steamroller", "excavator",
        "zen", "skylakex", "cooperlake", "sapphirerapids", "armv8", "armv8sve", "cortexa53",
        "cortexa55", "cortexa57", "cortexa72", "cortexa73", "cortexa76", "cortexx1", "falkor",
        "thunderx", "thunderx2t99", "tsv110", "emag8180", "neoversen1", "neoversev1",
        "neoversen2", "thunderx3t110", "a64fx", "vortex", "vortexm4", "ampere1",
    ]
}

/// What the environment says and means nothing; one sentence.
package enum EnvironmentError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A level of loops that there is not.
    case simd(String, known: [String])
    /// A core that OpenBLAS does not know, and what it has taken.
    case blasCore(String, taken: String)

    package var description: String {
        switch self {
        case .simd(let level, let known):
            "FEDERATED_SIMD is “\(level)”: expected \(known.joined(separator: ", "))"
        case .blasCore(let core, let taken):
            "OPENBLAS_CORETYPE is “\(core)”, which OpenBLAS does not know: it has taken \(taken); "
                + "others are Haswell, Zen and SkylakeX"
        }
    }
}
