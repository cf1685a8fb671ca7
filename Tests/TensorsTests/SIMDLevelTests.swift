import Foundation
import Tensors
import TestThreads
import Testing

@Suite("How far loops use the CPU", .holdsItsThread)
struct SIMDLevelTests {
    #if arch(x86_64)
        @Test("The level in use needs nothing that the CPU does not name")
        func features() throws {
            let cpuinfo = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
            guard let line = cpuinfo.split(separator: "\n").first(where: { $0.hasPrefix("flags") })
            else { return }
            let flags = Set(line.split(whereSeparator: { " \t:".contains($0) }).map(String.init))
            let avx2: Set = ["avx2", "fma", "bmi1", "bmi2", "popcnt", "abm", "f16c"]
            let avx512: Set = ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]
            let expected: SIMDLevel =
                !flags.isSuperset(of: avx2)
                ? .baseline : flags.isSuperset(of: avx512) ? .avx512 : .avx2
            #expect(SIMDLevel.best == expected)
        }
    #elseif arch(arm64)
        @Test("NEON is a part of the architecture")
        func neon() {
            #expect(SIMDLevel.best == .neon)
        }
    #endif
}
