/// Why a layer can't take a sample of some shape, or makes no sense by itself.
public enum LayerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A number of filters or units, a window or strides below 1.
    case sizeNotPositive(String)
    /// A size or a number of parameters beyond what is counted.
    case tooLarge(String)
    /// A convolution or pooling behind `flatten` or a dense layer.
    case needsImage(found: FeatureShape)
    /// A dense layer that gets an image: `flatten` is missing.
    case needsVector(found: FeatureShape)
    /// A window without a place in its image, or of more than 2¹⁶ positions.
    case windowTooLarge(window: Extent2D, found: FeatureShape)
    /// A dropout rate outside 0 ..< 1.
    case rateOutOfRange(Double)
    /// Anything else, as a clause that follows the layer's name: "8 groups don't divide 12 channels".
    case other(String)

    /// A clause that follows the layer's name and a colon.
    public var description: String {
        switch self {
        case .sizeNotPositive(let size): "\(size) is not a size: it must be at least 1"
        case .tooLarge(let what): "\(what) is more than any model here has"
        case .needsImage(let found):
            "it needs an image [H][W][C], but gets a vector of \(found)"
        case .needsVector(let found):
            "it needs a vector, but gets an image of \(found): put flatten before it"
        case .windowTooLarge(let window, let found):
            "the \(window) window does not fit into an image of \(found)"
        case .rateOutOfRange(let rate): "the rate \(rate) must be at least 0 and below 1"
        case .other(let problem): problem
        }
    }
}

extension LayerError {
    /// Sizes beyond this are no layer's: 2³¹ − 1.
    static let sizeLimit = Int(Int32.max)
    /// Floats of one tensor, or of a sample between two layers, at most: products of a few of them stay
    /// within 64 bits.
    static let countLimit = 1 << 40

    /// Refuses a size that is none.
    static func require(_ size: Int, _ name: String? = nil) throws(LayerError) {
        guard size > 0 else {
            throw .sizeNotPositive(name.map { "\($0) \(size)" } ?? "\(size)")
        }
        guard size <= sizeLimit else { throw .tooLarge(name.map { "\($0) \(size)" } ?? "\(size)") }
    }

    /// Refuses sizes whose product is beyond all bounds.
    static func require(product sizes: [Int]) throws(LayerError) {
        var product = 1.0
        for size in sizes { product *= Double(size) }
        guard product <= Double(countLimit) else {
            throw .tooLarge(sizes.map(String.init).joined(separator: "×"))
        }
    }
}
