import CKernels
import Parameters

/// Random keep-or-drop flags for dropout, 64 to a word, bit i of word w for element 64 w + i.
public enum KeepMask {
    /// Words for `count` flags.
    public static func wordCount(_ count: Int) -> Int { (count + 63) / 64 }

    /// Blocks of the stream that `count` flags use up: 64 bits for each of the bits that `keep`
    /// needs in binary (two for 0.75), in sixteens of blocks.
    public static func blockCount(_ count: Int, keep: Double) -> UInt32 {
        let threshold = UInt32((keep * 65536).rounded())
        let bits = threshold == 0 ? 1 : max(1, 16 - threshold.trailingZeroBitCount)
        return UInt32((count + 2047) / 2048 * bits) * 16
    }

    /// Draws `count` flags from block `block` on, each 1 with probability `keep` (to 2⁻¹⁶).
    /// - Precondition: `mask` has `wordCount(count)` words.
    public static func fill(
        _ mask: UnsafeMutablePointer<UInt64>, count: Int, keep: Double, key: RandomKey,
        block: UInt32
    ) {
        ck_keep_mask(key.philox, block, UInt32((keep * 65536).rounded()), count, mask)
    }
}
