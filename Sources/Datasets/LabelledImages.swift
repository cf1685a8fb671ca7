import CKernels

/// Images, row-major [N][H][W][C], with a label each (0 ..< `classCount`).
///
/// Their numbers are bytes, which models see as byte / 255, or Floats, which they see as they are. What is
/// no image is one of height 1: F features a sample are [N][1][F][1].
public struct LabelledImages: Sendable {
    /// Brightness of every pixel, 0 to 255, [N][H][W][C]; empty where they are Floats.
    public let pixels: [UInt8]
    /// The same as Floats, which models see as they are; empty where they are bytes.
    public let values: [Float]
    /// The class of every image.
    public let labels: [UInt8]
    /// H, in pixels.
    public let height: Int
    /// W, in pixels.
    public let width: Int
    /// C: 1 for grey images.
    public let channels: Int
    /// How many classes labels tell apart, whether or not each of them has an image.
    public let classCount: Int

    /// Images of bytes that are already in memory; models see byte / 255.
    /// - Parameters:
    ///   - pixels: [N][H][W][C].
    ///   - labels: N of 0 ..< `classCount`.
    ///   - classCount: 1 to 256.
    /// - Throws: `DatasetError` where sizes are not positive, where `pixels` and `labels` do not have
    ///   N·H·W·C and N elements, and where a label is no class.
    public init(
        pixels: [UInt8], labels: [some BinaryInteger], height: Int, width: Int, channels: Int = 1,
        classCount: Int = Dataset.usualClassCount
    ) throws(DatasetError) {
        self.labels = try Self.checked(
            pixels.count, labels, [height, width, channels], classCount)
        self.pixels = pixels
        values = []
        self.height = height
        self.width = width
        self.channels = channels
        self.classCount = classCount
    }

    /// Images of Floats that are already in memory; models see them as they are, so they had better be of
    /// the order of 1.
    /// - Parameters:
    ///   - values: [N][H][W][C], all finite.
    ///   - labels: N of 0 ..< `classCount`.
    ///   - classCount: 1 to 256.
    /// - Throws: `DatasetError` as for bytes, and where a value is no finite number.
    public init(
        values: [Float], labels: [some BinaryInteger], height: Int, width: Int, channels: Int = 1,
        classCount: Int = Dataset.usualClassCount
    ) throws(DatasetError) {
        self.labels = try Self.checked(
            values.count, labels, [height, width, channels], classCount)
        if let position = values.firstIndex(where: { !$0.isFinite }) {
            let (image, value) = position.quotientAndRemainder(
                dividingBy: height * width * channels)
            throw .valueNotFinite(image: image, position: value, found: "\(values[position])")
        }
        pixels = []
        self.values = values
        self.height = height
        self.width = width
        self.channels = channels
        self.classCount = classCount
    }

    /// Square grey images of ten classes whose counts are right by construction, so nothing is thrown.
    init(generated pixels: [UInt8], labels: [UInt8], side: Int) {
        self.pixels = pixels
        self.labels = labels
        values = []
        height = side
        width = side
        channels = 1
        classCount = Dataset.usualClassCount
    }

    /// The labels as bytes, where all fits together.
    /// - Parameter shape: H, W and C.
    private static func checked(
        _ numberCount: Int, _ labels: [some BinaryInteger], _ shape: [Int], _ classCount: Int
    ) throws(DatasetError) -> [UInt8] {
        var size = 1
        for side in shape {
            let (product, overflows) = size.multipliedReportingOverflow(by: side)
            guard side > 0, !overflows else {
                throw .impossibleImageSize(height: shape[0], width: shape[1], channels: shape[2])
            }
            size = product
        }
        let (expected, overflows) = size.multipliedReportingOverflow(by: labels.count)
        guard !overflows, numberCount == expected else {
            throw .pixelCount(found: numberCount, images: labels.count, pixelsPerImage: size)
        }
        guard (1...256).contains(classCount) else { throw .classCountOutOfRange(classCount) }
        if let position = labels.firstIndex(where: { $0 < 0 || $0 >= classCount }) {
            throw .labelOutOfRange(
                file: nil, position: position, label: Int(clamping: labels[position]),
                classes: classCount)
        }
        return labels.map { UInt8(truncatingIfNeeded: $0) }
    }

    /// N, the number of images.
    public var count: Int { labels.count }

    /// H·W·C.
    public var pixelsPerImage: Int { height * width * channels }

    /// Writes the images at `indices` as Floats (byte / 255, or the values) and their labels.
    ///
    /// Allocates nothing. Shapes: `images` [n][H][W][C], `labels` [n], with n = `indices.count`.
    /// - Precondition: every index is in 0 ..< `count`, and both buffers have room.
    public func copyBatch(
        _ indices: UnsafeBufferPointer<Int32>, images: UnsafeMutablePointer<Float>,
        labels: UnsafeMutablePointer<UInt8>
    ) {
        let size = pixelsPerImage
        self.labels.withUnsafeBufferPointer { known in
            pixels.withUnsafeBufferPointer { bytes in
                values.withUnsafeBufferPointer { floats in
                    for (position, index) in indices.enumerated() {
                        let index = Int(index)
                        precondition(
                            known.indices.contains(index), "no image \(index) among \(known.count)")
                        labels[position] = known[index]
                        let target = images + position * size
                        if floats.isEmpty {
                            ck_bytes_to_floats(
                                bytes.baseAddress! + index * size, 1 / 255, target, size)
                        } else {
                            target.update(from: floats.baseAddress! + index * size, count: size)
                        }
                    }
                }
            }
        }
    }

    /// Writes the images at `indices` as Floats (byte / 255, or the values) and their labels.
    ///
    /// As with a buffer of indices.
    public func copyBatch(
        _ indices: ArraySlice<Int32>, images: UnsafeMutablePointer<Float>,
        labels: UnsafeMutablePointer<UInt8>
    ) {
        indices.withUnsafeBufferPointer { copyBatch($0, images: images, labels: labels) }
    }

    /// For every class, the positions of its images in rising order.
    public func indicesByClass() -> [[Int32]] {
        var result = [[Int32]](repeating: [], count: classCount)
        for (position, label) in labels.enumerated() {
            result[Int(label)].append(Int32(position))
        }
        return result
    }

    /// How many of the images at `indices` are of each class.
    public func classCounts(of indices: [Int32]) -> [Int] {
        var counts = [Int](repeating: 0, count: classCount)
        for index in indices { counts[Int(labels[Int(index)])] += 1 }
        return counts
    }
}
