import Foundation
import Tensors

/// What this program runs on.
package enum Machine {
    /// The CPU's name as the system knows it.
    package static let cpuName = ProcessorName.read(
        (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "")

    /// CPU, BLAS kernels and loops, in one phrase.
    package static var description: String {
        var core = "OpenBLAS \(BLAS.coreName)"
        switch BLAS.coreState {
        case .asChosen: break
        case .corrected: core += " (corrected)"
        case .unsuitable: core += " (slow: this OpenBLAS does not know the CPU)"
        }
        return "\(cpuName), \(core), \(SIMDLevel.current) loops"
    }
}

extension Machine {
    /// Memory that this process has in use; 0 where the system does not say.
    package static var residentBytes: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
            return 0
        }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }
}
