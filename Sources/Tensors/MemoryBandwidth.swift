import CKernels
import Parameters

/// A measure for memory-bound work: what reading alone costs.
public enum MemoryBandwidth {
    /// The sum of all vectors, in no particular order of additions; each thread takes some of them.
    public static func sum(_ vectors: [ParameterVector], threads: Int) -> Float {
        let sums = ParameterVector(zeros: threads * 16)
        return sums.withUnsafeBufferPointer { sums in
            nonisolated(unsafe) let sums = UnsafeMutablePointer(mutating: sums.baseAddress!)
            parallelFor(count: vectors.count, threads: threads) { worker, index in
                vectors[index].withUnsafeBufferPointer {
                    sums[worker * 16] += ck_sum($0.baseAddress!, $0.count)
                }
            }
            return (0..<threads).reduce(0) { $0 + sums[$1 * 16] }
        }
    }
}
