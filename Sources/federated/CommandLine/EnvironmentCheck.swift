import Foundation
import Tensors

/// What the environment says that this program heeds, and would else take no notice of where it is wrong.
package enum EnvironmentCheck {
    /// Refuses values that mean nothing.
    /// - Parameter blasCore: the kernels that OpenBLAS has chosen.
    package static func check(
        _ environment: [String: String] = ProcessInfo.processInfo.environment,
        blasCore: @autoclosure () -> String = BLAS.coreName
    ) throws(CommandFailure) {
        if let level = environment["FEDERATED_SIMD"], !level.isEmpty,
            SIMDLevel(name: level) == nil
        {
            throw CommandFailure(
                message: "FEDERATED_SIMD is “\(level)”: expected "
                    + SIMDLevel.allCases.map(\.name).joined(separator: ", "), status: 64)
        }
        guard let core = environment["OPENBLAS_CORETYPE"], !core.isEmpty else { return }
        // OpenBLAS has no list of its names to ask for. What it took is right, however new.
        let known = blasCores + [blasCore().lowercased()]
        guard !known.contains(core.lowercased()) else { return }
        throw CommandFailure(
            message: "OPENBLAS_CORETYPE is “\(core)”, which OpenBLAS does not know: it has taken "
                + "\(blasCore()); others are Haswell, Zen and SkylakeX", status: 64)
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
