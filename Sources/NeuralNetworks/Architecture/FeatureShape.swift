/// The shape of one sample between two layers, without the batch.
public enum FeatureShape: Hashable, Sendable, Codable, CustomStringConvertible {
    /// [H][W][C], row-major.
    case image(height: Int, width: Int, channels: Int)
    /// [F].
    case vector(Int)

    /// Floats a sample.
    public var count: Int {
        switch self {
        case .image(let height, let width, let channels): height * width * channels
        case .vector(let count): count
        }
    }

    /// "28×28×1" or "784".
    public var description: String {
        switch self {
        case .image(let height, let width, let channels): "\(height)×\(width)×\(channels)"
        case .vector(let count): "\(count)"
        }
    }
}

/// What a layer does to each of its outputs.
public enum Activation: String, Hashable, Sendable, Codable {
    /// x.
    case identity
    /// max(x, 0).
    case relu
}

/// What lies outside an image under a window at its border.
public enum Padding: String, Hashable, Sendable, Codable {
    /// Nothing: windows stay inside. Output: ⌊(size − window) / stride⌋ + 1.
    case valid
    /// As much as makes the output ⌈size / stride⌉; the odd row or column at the bottom and right.
    case same
}

/// A height and a width.
public struct Extent2D: Hashable, Sendable, Codable, CustomStringConvertible,
    ExpressibleByIntegerLiteral
{
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
