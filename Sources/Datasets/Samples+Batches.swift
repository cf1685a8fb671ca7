import CKernels

/// Where a batch goes.
public struct BatchPlaces {
    /// [n][H][W][C] or [n][F].
    public var images: UnsafeMutablePointer<Float>
    /// [n].
    public var labels: UnsafeMutablePointer<Int32>
    /// [n][outputs], what the outputs should be; nil where labels say it all. Of a class they are 1 for it
    /// and 0 for the others, and with one output the class itself, 0 or 1.
    public var targets: UnsafeMutablePointer<Float>?
    /// Numbers of a sample in `targets`.
    public var outputs: Int

    /// Places of a plan, say.
    public init(
        images: UnsafeMutablePointer<Float>, labels: UnsafeMutablePointer<Int32>,
        targets: UnsafeMutablePointer<Float>? = nil, outputs: Int = 0
    ) {
        self.images = images
        self.labels = labels
        self.targets = targets
        self.outputs = outputs
    }
}

extension Samples {
    /// Writes the samples at `indices` as models see them, with labels and targets.
    ///
    /// Allocates nothing.
    /// - Precondition: every index is in 0 ..< `count`, the places have room, and where targets are numbers
    ///   there are as many outputs.
    public func copyBatch(_ indices: UnsafeBufferPointer<Int32>, to places: BatchPlaces) {
        let size = pixelsPerImage
        labels.withUnsafeBufferPointer { known in
            for (position, index) in indices.enumerated() {
                precondition(
                    known.indices.contains(Int(index)),
                    "no sample \(index) among \(known.count)")
                places.labels[position] = known[Int(index)]
            }
        }
        pixels.withUnsafeBufferPointer { bytes in
            values.withUnsafeBufferPointer { floats in
                for (position, index) in indices.enumerated() {
                    let target = places.images + position * size
                    if floats.isEmpty {
                        ck_bytes_to_floats(
                            bytes.baseAddress! + Int(index) * size, 1 / 255, target, size)
                    } else {
                        target.update(from: floats.baseAddress! + Int(index) * size, count: size)
                    }
                }
            }
        }
        if case .standardized(let mean, let deviation) = scaling {
            ck_standardize(
                places.images, indices.count * size / scaledCount, scaledCount, mean, deviation)
        }
        if let targets = places.targets { copyTargets(indices, targets, places.outputs) }
    }

    /// As with a buffer of indices.
    public func copyBatch(_ indices: ArraySlice<Int32>, to places: BatchPlaces) {
        indices.withUnsafeBufferPointer { copyBatch($0, to: places) }
    }

    private func copyTargets(
        _ indices: UnsafeBufferPointer<Int32>, _ places: UnsafeMutablePointer<Float>, _ outputs: Int
    ) {
        guard targetCount == 0 else {
            precondition(
                targetCount == outputs, "\(outputs) outputs for \(targetCount) targets")
            for (position, index) in indices.enumerated() {
                for k in 0..<outputs {
                    places[position * outputs + k] = targets[Int(index) * outputs + k]
                }
            }
            return
        }
        for (position, index) in indices.enumerated() {
            let label = Int(labels[Int(index)])
            if outputs == 1 {
                places[position] = Float(label)
                continue
            }
            for k in 0..<outputs { places[position * outputs + k] = k == label ? 1 : 0 }
        }
    }
}
