import CKernels

/// 2-D convolution: y[i][j][f] = Σ x[i·s + a][j·s + b][c] · kernel[a][b][c][f] + bias[f].
///
/// Kernel [kh][kw][c_in][c_out]; as usual in the field, a cross-correlation.
public struct Convolution2D: LayerDefinition {
    /// "convolution".
    public static let kind = "convolution"
    /// "conv".
    public static let tensorPrefix = "conv"

    /// c_out, channels of the output.
    public var filters: Int
    /// [kh][kw].
    public var kernel: Extent2D
    /// Rows and columns from one window to the next.
    public var strides: Extent2D
    /// What lies outside the image.
    public var padding: Padding
    /// What is done to each output.
    public var activation: Activation
    /// How the kernel starts.
    public var initializer: KernelInitializer

    /// With `filters` outputs a position.
    public init(
        filters: Int, kernel: Extent2D, strides: Extent2D = 1, padding: Padding = .valid,
        activation: Activation = .identity, initializer: KernelInitializer = .glorotUniform
    ) {
        self.filters = filters
        self.kernel = kernel
        self.strides = strides
        self.padding = padding
        self.activation = activation
        self.initializer = initializer
    }

    func window(over input: FeatureShape) throws(LayerError) -> ck_window {
        try ck_window(kernel, strides: strides, padding: padding, over: input)
    }

    /// [H′][W′][filters].
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        try LayerError.require(filters)
        return try window(over: input).output(channels: filters)
    }

    /// kernel [kh][kw][c_in][c_out] and bias [c_out].
    public func tensors(of input: FeatureShape) throws(LayerError) -> [LayerTensor] {
        try LayerError.require(filters)
        let window = try window(over: input)
        let area = kernel.height * kernel.width
        let shape = [kernel.height, kernel.width, Int(window.channels), filters]
        try LayerError.require(product: shape)
        return [
            LayerTensor(
                "kernel", shape,
                initializer.initializer(
                    fanIn: area * Int(window.channels), fanOut: area * filters)),
            LayerTensor("bias", [filters], .zeros),
        ]
    }
}

extension Convolution2D {
    private enum CodingKeys: CodingKey {
        case filters, kernel, strides, padding, activation, initializer
    }

    /// Reads it; all but filters and kernel may be left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            filters: try container.decode(Int.self, forKey: .filters),
            kernel: try container.decode(Extent2D.self, forKey: .kernel),
            strides: try container.decodeIfPresent(Extent2D.self, forKey: .strides) ?? 1,
            padding: try container.decodeIfPresent(Padding.self, forKey: .padding) ?? .valid,
            activation: try container.decodeIfPresent(Activation.self, forKey: .activation)
                ?? .identity,
            initializer: try container.decodeIfPresent(
                KernelInitializer.self, forKey: .initializer) ?? .glorotUniform)
    }
}
