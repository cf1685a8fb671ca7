extension Dataset {
    /// A number that another set of images or labels would not have, but by one chance in 2⁶⁴.
    ///
    /// FNV-1a over words of eight bytes. It tells a dataset that was changed by accident, not one
    /// that was made to deceive.
    public var fingerprint: UInt64 {
        var hash = FingerprintHash()
        for images in [train, test] {
            for size in [images.count, images.height, images.width, images.channels] {
                hash.add(UInt64(size))
            }
            // As bytes where they are, so that logs keep the fingerprints that they have.
            if images.classCount <= 256 {
                images.labels.map { UInt8(truncatingIfNeeded: $0) }
                    .withUnsafeBytes { hash.add($0) }
            } else {
                images.labels.withUnsafeBytes { hash.add($0) }
            }
            images.pixels.withUnsafeBytes { hash.add($0) }
            // Logs of ten classes of bytes keep the fingerprints that they have.
            if images.classCount != Dataset.usualClassCount { hash.add(UInt64(images.classCount)) }
            if !images.targets.isEmpty { images.targets.withUnsafeBytes { hash.add($0) } }
            if !images.values.isEmpty { images.values.withUnsafeBytes { hash.add($0) } }
        }
        return hash.value
    }
}

extension DividedShards {
    /// Of how many clients there are and which images each has.
    public var fingerprint: UInt64 {
        var hash = FingerprintHash()
        hash.add(UInt64(clientCount))
        for client in 0..<clientCount {
            let images = shard(of: client)
            hash.add(UInt64(images.count))
            images.withUnsafeBytes { hash.add($0) }
        }
        return hash.value
    }
}

extension ShardSampler {
    /// Of the experiment, its samples, the seed and whether shards are fixed.
    public var fingerprint: UInt64 {
        var hash = FingerprintHash()
        for number in [experiment.rawValue, samples, isFixed ? 1 : 0] {
            hash.add(UInt64(bitPattern: Int64(number)))
        }
        hash.add(seed)
        return hash.value
    }
}

extension MNIST {
    /// The fingerprint of MNIST whole.
    package static let fingerprint: UInt64 = 0xcdda_8075_0451_27b0
}
