import CKernels

/// Samples to train or test on: numbers of one shape each, [H][W][C] or [F], and what is to be said of
/// each: a class (0 ..< `classCount`) or numbers.
///
/// Their numbers are bytes, which models see as byte / 255, or Floats, which they see as they are, unless
/// `scaling` says otherwise.
public struct Samples: Sendable {
    /// Brightness of every pixel, 0 to 255, [N][H][W][C]; empty where they are Floats.
    public let pixels: [UInt8]
    /// The same as Floats; empty where they are bytes.
    public let values: [Float]
    /// The class of every sample; all 0 where targets are numbers.
    public let labels: [Int32]
    /// What is to be predicted of every sample, [N][targetCount]; empty where that is a class.
    public let targets: [Float]
    /// Numbers to be predicted of a sample; 0 where that is a class.
    public let targetCount: Int
    /// H, in pixels; 1 for features that are no image.
    public let height: Int
    /// W, in pixels; the number of features where they are no image.
    public let width: Int
    /// C: 1 for grey images.
    public let channels: Int
    /// Whether a sample is a list of features and no image.
    public let isVector: Bool
    /// How many classes labels tell apart, whether or not each of them has a sample; 1 where targets are
    /// numbers.
    public let classCount: Int
    /// What models see of the numbers.
    public var scaling = Scaling.unit

    /// The most classes there can be.
    public static let classLimit = 65_536

    /// Images of bytes that are already in memory; models see byte / 255.
    /// - Parameters:
    ///   - pixels: [N][H][W][C].
    ///   - labels: N of 0 ..< `classCount`.
    ///   - classCount: 1 to 65,536.
    /// - Throws: `DatasetError` where sizes are not positive, where `pixels` and `labels` do not have
    ///   N·H·W·C and N elements, and where a label is no class.
    public init(
        pixels: [UInt8], labels: [some BinaryInteger], height: Int, width: Int, channels: Int = 1,
        classCount: Int = Dataset.usualClassCount
    ) throws(DatasetError) {
        self.init(
            pixels: pixels, values: [],
            labels: try Self.checked(pixels.count, labels, [height, width, channels], classCount),
            shape: [height, width, channels], classCount: classCount)
    }

    /// Images of Floats that are already in memory; models see them as they are, so they had better be of
    /// the order of 1.
    /// - Parameters:
    ///   - values: [N][H][W][C], all finite.
    ///   - labels: N of 0 ..< `classCount`.
    ///   - classCount: 1 to 65,536.
    /// - Throws: `DatasetError` as for bytes, and where a value is no finite number.
    public init(
        values: [Float], labels: [some BinaryInteger], height: Int, width: Int, channels: Int = 1,
        classCount: Int = Dataset.usualClassCount
    ) throws(DatasetError) {
        let labels = try Self.checked(
            values.count, labels, [height, width, channels], classCount)
        try Self.checkFinite(values, size: height * width * channels)
        self.init(
            pixels: [], values: values, labels: labels, shape: [height, width, channels],
            classCount: classCount)
    }

    /// Rows of features that are already in memory, each with a class.
    /// - Parameters:
    ///   - features: [N][featureCount], all finite.
    ///   - labels: N of 0 ..< `classCount`.
    /// - Throws: `DatasetError` as for images.
    public init(
        features: [Float], featureCount: Int, labels: [some BinaryInteger], classCount: Int
    ) throws(DatasetError) {
        let labels = try Self.checked(features.count, labels, [1, featureCount, 1], classCount)
        try Self.checkFinite(features, size: featureCount)
        self.init(
            pixels: [], values: features, labels: labels, shape: [1, featureCount, 1],
            isVector: true, classCount: classCount)
    }

    /// Samples that are already in memory, each with numbers to be predicted.
    /// - Parameters:
    ///   - values: [N][shape], all finite; one size for features, three for images [H][W][C].
    ///   - targets: [N][targetCount], all finite.
    /// - Throws: `DatasetError` where sizes don't go together, and where a number is not finite.
    public init(
        values: [Float], shape: [Int], targets: [Float], targetCount: Int
    ) throws(DatasetError) {
        let whole = shape.count == 1 ? [1, shape[0], 1] : shape
        guard whole.count == 3, targetCount >= 1, targets.count % targetCount == 0 else {
            throw .targetCount(found: targets.count, each: targetCount)
        }
        let labels = try Self.checked(
            values.count, [Int32](repeating: 0, count: targets.count / targetCount), whole, 1)
        try Self.checkFinite(values, size: whole.reduce(1, *))
        if let position = targets.firstIndex(where: { !$0.isFinite }) {
            throw .targetNotFinite(
                sample: position / targetCount, found: "\(targets[position])")
        }
        self.init(
            pixels: [], values: values, labels: labels, targets: targets,
            targetCount: targetCount, shape: whole, isVector: shape.count == 1, classCount: 1)
    }

    /// What a reader or another initializer has checked.
    init(
        pixels: [UInt8], values: [Float], labels: [Int32], targets: [Float] = [],
        targetCount: Int = 0, shape: [Int], isVector: Bool = false, classCount: Int
    ) {
        self.pixels = pixels
        self.values = values
        self.labels = labels
        self.targets = targets
        self.targetCount = targetCount
        height = shape[0]
        width = shape[1]
        channels = shape[2]
        self.isVector = isVector
        self.classCount = classCount
    }

    /// Square grey images of ten classes whose counts are right by construction, so nothing is thrown.
    init(generated pixels: [UInt8], labels: [UInt8], side: Int) {
        self.pixels = pixels
        self.labels = labels.map(Int32.init)
        values = []
        targets = []
        targetCount = 0
        height = side
        width = side
        channels = 1
        isVector = false
        classCount = Dataset.usualClassCount
    }

    private static func checkFinite(_ values: [Float], size: Int) throws(DatasetError) {
        if let position = values.firstIndex(where: { !$0.isFinite }) {
            let (image, within) = position.quotientAndRemainder(dividingBy: size)
            throw .valueNotFinite(image: image, position: within, found: "\(values[position])")
        }
    }

    /// The labels, where all fits together.
    /// - Parameter shape: H, W and C.
    private static func checked(
        _ numberCount: Int, _ labels: [some BinaryInteger], _ shape: [Int], _ classCount: Int
    ) throws(DatasetError) -> [Int32] {
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
        guard (1...classLimit).contains(classCount) else {
            throw .classCountOutOfRange(classCount)
        }
        if let position = labels.firstIndex(where: { $0 < 0 || $0 >= classCount }) {
            throw .labelOutOfRange(
                file: nil, position: position, label: Int(clamping: labels[position]),
                classes: classCount)
        }
        return labels.map { Int32(truncatingIfNeeded: $0) }
    }

    /// N, the number of samples.
    public var count: Int { labels.count }

    /// H·W·C.
    public var pixelsPerImage: Int { height * width * channels }

    /// [H, W, C], or [F] of features.
    public var shape: [Int] { isVector ? [width] : [height, width, channels] }

    /// For every class, the positions of its samples in rising order.
    public func indicesByClass() -> [[Int32]] {
        var result = [[Int32]](repeating: [], count: classCount)
        for (position, label) in labels.enumerated() {
            result[Int(label)].append(Int32(position))
        }
        return result
    }

    /// How many of the samples at `indices` are of each class.
    public func classCounts(of indices: [Int32]) -> [Int] {
        var counts = [Int](repeating: 0, count: classCount)
        for index in indices { counts[Int(labels[Int(index)])] += 1 }
        return counts
    }
}
