/// The shape of one sample between two layers, without the batch.
public enum FeatureShape: Hashable, Sendable, CustomStringConvertible {
    /// [H][W][C], row-major.
    case image(height: Int, width: Int, channels: Int)
    /// [F].
    case vector(Int)

    /// The shape with these sizes: one for a vector, three for an image; nil for any other number.
    public init?(sizes: [Int]) {
        switch sizes.count {
        case 1: self = .vector(sizes[0])
        case 3: self = .image(height: sizes[0], width: sizes[1], channels: sizes[2])
        default: return nil
        }
    }

    /// [H, W, C] or [F].
    public var sizes: [Int] {
        switch self {
        case .image(let height, let width, let channels): [height, width, channels]
        case .vector(let count): [count]
        }
    }

    /// Floats a sample.
    public var count: Int {
        // Without a list: plans ask while they compute, and allocate nothing then.
        switch self {
        case .image(let height, let width, let channels): height * width * channels
        case .vector(let count): count
        }
    }

    /// "28×28×1" or "784".
    public var description: String { sizes.map(String.init).joined(separator: "×") }

    /// The sizes of an image.
    /// - Throws: `LayerError` where it is a vector, and as `check()`.
    func image() throws(LayerError) -> (height: Int, width: Int, channels: Int) {
        guard case .image(let height, let width, let channels) = self else {
            throw .needsImage(found: self)
        }
        try check()
        return (height, width, channels)
    }

    /// Refuses sizes that are none, or whose product is beyond all bounds.
    func check() throws(LayerError) {
        for size in sizes { try LayerError.require(size) }
        try LayerError.require(product: sizes)
    }
}

/// A list of its sizes.
extension FeatureShape: Codable {
    /// Reads [H, W, C] or [F].
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let shape = FeatureShape(sizes: try container.decode([Int].self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a shape is [H, W, C] or [F]")
        }
        self = shape
    }

    /// Writes [H, W, C] or [F].
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(sizes)
    }
}

/// What a layer does to each of its outputs.
public enum Activation: String, Hashable, Sendable, Codable, CaseIterable {
    /// x.
    case identity
    /// max(x, 0).
    case relu
}

/// What lies outside an image under a window at its border.
public enum Padding: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nothing: windows stay inside. Output: ⌊(size − window) / stride⌋ + 1.
    case valid
    /// As much as makes the output ⌈size / stride⌉; the odd row or column at the bottom and right.
    case same
}

/// A height and a width.
public struct Extent2D: Hashable, Sendable, CustomStringConvertible, ExpressibleByIntegerLiteral {
    /// Rows.
    public var height: Int
    /// Columns.
    public var width: Int

    /// So many rows and columns.
    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// A square.
    public init(integerLiteral side: Int) {
        self.init(height: side, width: side)
    }

    /// "3×3".
    public var description: String { "\(height)×\(width)" }
}

/// A list of both, or a number for a square.
extension Extent2D: Codable {
    /// Reads [H, W], or the side of a square.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let side = try? container.decode(Int.self) {
            self.init(height: side, width: side)
            return
        }
        let sizes = try container.decode([Int].self)
        guard sizes.count == 2 else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "an extent is [height, width] or one number")
        }
        self.init(height: sizes[0], width: sizes[1])
    }

    /// Writes [H, W].
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode([height, width])
    }
}
