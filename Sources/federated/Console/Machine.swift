import Foundation
import Tensors

/// What this program runs on.
enum Machine {
    /// The CPU's name as the system knows it.
    static let cpuName = ProcessorName.read(
        (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "")

    /// CPU, BLAS kernels and loops, in one phrase.
    static var description: String {
        var core = "OpenBLAS \(BLAS.coreName)"
        switch BLAS.coreState {
        case .asChosen: break
        case .corrected: core += " (corrected)"
        case .unsuitable: core += " (slow: this OpenBLAS does not know the CPU)"
        }
        return "\(cpuName), \(core), \(SIMDLevel.current) loops"
    }
}
