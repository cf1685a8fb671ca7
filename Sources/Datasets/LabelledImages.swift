import CKernels

/// Images as bytes, row-major [N][H][W][C], with a label each (0 ..< `Dataset.classCount`).
public struct LabelledImages: Sendable {
    /// Brightness of every pixel, 0 to 255, [N][H][W][C].
    public let pixels: [UInt8]
    /// The class of every image.
    public let labels: [UInt8]
    /// H, in pixels.
    public let height: Int
    /// W, in pixels.
    public let width: Int
    /// C: 1 for grey images.
    public let channels: Int

    /// Images already in memory.
    ///
    /// Throws where the sizes are not positive, where `pixels` and `labels` do not have
    /// N·H·W·C and N elements, and where a label is no class.
    public init(
        pixels: [UInt8], labels: [UInt8], height: Int, width: Int, channels: Int = 1
    ) throws(DatasetError) {
        let (area, areaOverflows) = height.multipliedReportingOverflow(by: width)
        let (size, sizeOverflows) = area.multipliedReportingOverflow(by: channels)
        guard height > 0, width > 0, channels > 0, !areaOverflows, !sizeOverflows else {
            throw .impossibleImageSize(height: height, width: width, channels: channels)
        }
        let (expected, overflows) = size.multipliedReportingOverflow(by: labels.count)
        guard !overflows, pixels.count == expected else {
            throw .pixelCount(found: pixels.count, images: labels.count, pixelsPerImage: size)
        }
        if let position = labels.firstIndex(where: { $0 >= Dataset.classCount }) {
            throw .labelOutOfRange(file: nil, position: position, label: labels[position])
        }
        self.pixels = pixels
        self.labels = labels
        self.height = height
        self.width = width
        self.channels = channels
    }

    /// N, the number of images.
    public var count: Int { labels.count }

    /// H·W·C.
    public var pixelsPerImage: Int { height * width * channels }

    /// Writes the images at `indices` as Floats in 0...1 (byte / 255) and their labels.
    ///
    /// Allocates nothing. Shapes: `images` [n][H][W][C], `labels` [n], with n = `indices.count`.
    /// - Precondition: every index is in 0 ..< `count`, and both buffers have room.
    public func copyBatch(
        _ indices: UnsafeBufferPointer<Int32>, images: UnsafeMutablePointer<Float>,
        labels: UnsafeMutablePointer<UInt8>
    ) {
        let size = pixelsPerImage
        pixels.withUnsafeBufferPointer { bytes in
            self.labels.withUnsafeBufferPointer { known in
                for (position, index) in indices.enumerated() {
                    let index = Int(index)
                    precondition(
                        known.indices.contains(index), "no image \(index) among \(known.count)")
                    ck_bytes_to_floats(
                        bytes.baseAddress! + index * size, 1 / 255, images + position * size, size)
                    labels[position] = known[index]
                }
            }
        }
    }

    /// Writes the images at `indices` as Floats in 0...1 (byte / 255) and their labels.
    ///
    /// As with a buffer of indices.
    public func copyBatch(
        _ indices: ArraySlice<Int32>, images: UnsafeMutablePointer<Float>,
        labels: UnsafeMutablePointer<UInt8>
    ) {
        indices.withUnsafeBufferPointer { copyBatch($0, images: images, labels: labels) }
    }

    /// For every class, the positions of its images in rising order.
    public func indicesByClass(classCount: Int = 10) -> [[Int32]] {
        var result = [[Int32]](repeating: [], count: classCount)
        for (position, label) in labels.enumerated() where label < classCount {
            result[Int(label)].append(Int32(position))
        }
        return result
    }

    /// How many of the images at `indices` are of each class.
    public func classCounts(of indices: [Int32], classCount: Int = 10) -> [Int] {
        var counts = [Int](repeating: 0, count: classCount)
        for index in indices where labels[Int(index)] < classCount {
            counts[Int(labels[Int(index)])] += 1
        }
        return counts
    }
}
