import CKernels

/// The largest value of each window, channel by channel; positions outside the image don't count.
public struct MaxPooling2D: LayerDefinition {
    /// "max-pooling".
    public static let kind = "max-pooling"

    /// Rows and columns of a window.
    public var window: Extent2D
    /// Rows and columns from one window to the next.
    public var strides: Extent2D
    /// What lies outside the image.
    public var padding: Padding

    /// With strides of the window's size, unless they are given.
    public init(_ window: Extent2D, strides: Extent2D? = nil, padding: Padding = .valid) {
        self.window = window
        self.strides = strides ?? window
        self.padding = padding
    }

    func window(over input: FeatureShape) throws(LayerError) -> ck_window {
        try ck_window(window, strides: strides, padding: padding, over: input)
    }

    /// [H′][W′][C].
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        let window = try window(over: input)
        return window.output(channels: Int(window.channels))
    }
}

extension MaxPooling2D {
    private enum CodingKeys: CodingKey { case window, strides, padding }

    /// Reads it; all but the window may be left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try container.decode(Extent2D.self, forKey: .window),
            strides: try container.decodeIfPresent(Extent2D.self, forKey: .strides),
            padding: try container.decodeIfPresent(Padding.self, forKey: .padding) ?? .valid)
    }
}
