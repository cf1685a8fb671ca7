import CKernels

/// The mean of each window, channel by channel; positions outside the image don't count.
public struct AveragePooling2D: PlainLayer {
    /// "average-pooling".
    public static let kind = "average-pooling"

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

    /// The window over an image that has been checked.
    private func placed(over shape: FeatureShape) -> ck_window? {
        guard case .image(let height, let width, let channels) = shape else { return nil }
        return ck_window(
            window, strides: strides, padding: padding, height: height, width: width,
            channels: channels)
    }

    /// [H′][W′][C].
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        let window = try window(over: input)
        return window.output(channels: Int(window.channels))
    }

    /// y[i][j][c] = mean of x[i·s + a][j·s + b][c] over the places of the window that are in the image.
    public func forward(_ pass: LayerPass) {
        guard let window = placed(over: pass.shape) else { return }
        let channels = Int(window.channels)
        for sample in 0..<pass.count {
            let x = pass.input + sample * pass.inputCount
            let y = pass.output + sample * pass.outputCount
            window.forEachPosition { position, rows, columns in
                let mean = y + position * channels
                mean.update(repeating: 0, count: channels)
                for row in rows {
                    for column in columns {
                        let from = x + (row * Int(window.in_w) + column) * channels
                        for c in 0..<channels { mean[c] += from[c] }
                    }
                }
                let share = 1 / Float(rows.count * columns.count)
                for c in 0..<channels { mean[c] *= share }
            }
        }
    }

    /// Deals each output's gradient evenly to the places that it is the mean of.
    public func backward(_ pass: LayerPass, _ gradients: LayerGradients) {
        guard let input = gradients.input, let window = placed(over: pass.shape) else {
            return
        }
        let channels = Int(window.channels)
        input.update(repeating: 0, count: pass.count * pass.inputCount)
        for sample in 0..<pass.count {
            let dx = input + sample * pass.inputCount
            let dy = gradients.output + sample * pass.outputCount
            window.forEachPosition { position, rows, columns in
                let from = dy + position * channels
                let share = 1 / Float(rows.count * columns.count)
                for row in rows {
                    for column in columns {
                        let to = dx + (row * Int(window.in_w) + column) * channels
                        for c in 0..<channels { to[c] += share * from[c] }
                    }
                }
            }
        }
    }
}

extension AveragePooling2D {
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
