import CKernels
import Parameters
import Tensors
import TestThreads
import Testing

@Suite("Keep masks of dropout", .holdsItsThread)
struct KeepMaskTests {
    @Test("Keep masks are the same at every SIMD level, and keep what they should")
    func keepMasks() {
        defer { ck_set_level(ck_best_level()) }
        let key = RandomKey(seed: 3, purpose: .dropout)
        for count in [1, 63, 64, 65, 127, 128, 129, 1000, 100_000] {
            var masks: [[UInt64]] = []
            for level in SIMDLevel.allCases {
                ck_set_level(level.rawValue)
                var mask = [UInt64](repeating: 0, count: KeepMask.wordCount(count))
                KeepMask.fill(&mask, count: count, keep: 0.75, key: key, block: 32)
                masks.append(mask)
            }
            #expect(masks[1] == masks[0])
            #expect(masks[2] == masks[0])
            if count == 100_000 {
                let kept = masks[0].reduce(0) { $0 + $1.nonzeroBitCount }
                #expect(abs(Double(kept) - 75_000) < 600)
            }
        }
    }
}
