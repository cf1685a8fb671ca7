extension Dataset {
    /// A number that another set of images or labels would not have, but by one chance in 2⁶⁴.
    ///
    /// FNV-1a over words of eight bytes. It tells a dataset that was changed by accident, not one
    /// that was made to deceive.
    public var fingerprint: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ word: UInt64) { hash = (hash ^ word) &* 0x100_0000_01b3 }
        for images in [train, test] {
            for size in [images.count, images.height, images.width, images.channels] {
                add(UInt64(size))
            }
            for bytes in [images.labels, images.pixels] {
                bytes.withUnsafeBytes { raw in
                    let whole = raw.count & ~7
                    for start in stride(from: 0, to: whole, by: 8) {
                        add(
                            UInt64(
                                littleEndian: raw.loadUnaligned(
                                    fromByteOffset: start, as: UInt64.self)))
                    }
                    for byte in raw[whole...] { add(UInt64(byte)) }
                }
            }
        }
        // The highest bit of a word reaches no lower one by multiplication alone.
        hash ^= hash >> 29
        return hash
    }
}
