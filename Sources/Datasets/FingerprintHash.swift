/// FNV-1a over words of eight bytes: tells what was changed by accident, not what was made to deceive.
struct FingerprintHash {
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ word: UInt64) { hash = (hash ^ word) &* 0x100_0000_01b3 }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        // A local copy stays in a register.
        var local = self
        let whole = bytes.count & ~7
        for start in stride(from: 0, to: whole, by: 8) {
            local.add(
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)))
        }
        for byte in bytes[whole...] { local.add(UInt64(byte)) }
        self = local
    }

    /// The fingerprint of all that was added.
    var value: UInt64 {
        // The highest bit of a word reaches no lower one by multiplication alone.
        hash ^ hash >> 29
    }
}
