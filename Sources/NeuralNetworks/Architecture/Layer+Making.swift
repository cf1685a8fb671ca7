/// The kinds that come with the package.
extension Layer {
    /// A 2-D convolution with `filters` outputs a position; see `Convolution2D`.
    public static func convolution(
        filters: Int, kernel: Extent2D, strides: Extent2D = 1, padding: Padding = .valid,
        activation: Activation = .identity, initializer: KernelInitializer = .glorotUniform
    ) -> Layer {
        Layer(
            builtIn: Convolution2D(
                filters: filters, kernel: kernel, strides: strides, padding: padding,
                activation: activation, initializer: initializer))
    }

    /// Max-pooling; strides are the window's size unless given; see `MaxPooling2D`.
    public static func maxPooling(
        _ window: Extent2D, strides: Extent2D? = nil, padding: Padding = .valid
    ) -> Layer {
        Layer(builtIn: MaxPooling2D(window, strides: strides, padding: padding))
    }

    /// A fully connected layer; see `Dense`.
    public static func dense(
        _ units: Int, activation: Activation = .identity,
        initializer: KernelInitializer = .glorotUniform
    ) -> Layer {
        Layer(builtIn: Dense(units, activation: activation, initializer: initializer))
    }

    /// max(x, 0), of any shape; see `ReLU`.
    public static let relu = Layer(builtIn: ReLU())

    /// Dropout; see `Dropout`.
    public static func dropout(_ rate: Double) -> Layer { Layer(builtIn: Dropout(rate)) }

    /// An image as a vector; see `Flatten`.
    public static let flatten = Layer(builtIn: Flatten())

    /// The same numbers in another shape; see `Reshape`.
    public static func reshape(_ shape: FeatureShape) -> Layer { Layer(builtIn: Reshape(shape)) }

    /// Layers and a way around them; see `Residual`.
    public static func residual(_ layers: [Layer], shortcut: [Layer] = []) -> Layer {
        Layer(builtIn: Residual(layers, shortcut: shortcut))
    }

    /// Average pooling; strides are the window's size unless given; see `AveragePooling2D`.
    public static func averagePooling(
        _ window: Extent2D, strides: Extent2D? = nil, padding: Padding = .valid
    ) -> Layer {
        Layer(AveragePooling2D(window, strides: strides, padding: padding))
    }

    /// The mean of each channel; see `GlobalAveragePooling`.
    public static let globalAveragePooling = Layer(GlobalAveragePooling())

    /// The largest value of each channel; see `GlobalMaxPooling`.
    public static let globalMaxPooling = Layer(GlobalMaxPooling())

    /// A convolution of each channel by itself; see `DepthwiseConvolution2D`.
    public static func depthwiseConvolution(
        kernel: Extent2D, multiplier: Int = 1, strides: Extent2D = 1, padding: Padding = .valid,
        activation: Activation = .identity, initializer: KernelInitializer = .glorotUniform
    ) -> Layer {
        Layer(
            DepthwiseConvolution2D(
                kernel: kernel, multiplier: multiplier, strides: strides, padding: padding,
                activation: activation, initializer: initializer))
    }

    /// Zeros around an image; see `ZeroPadding2D`.
    public static func zeroPadding(
        top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0
    ) -> Layer {
        Layer(ZeroPadding2D(top: top, bottom: bottom, left: left, right: right))
    }

    /// Normalisation over a sample's groups of channels; see `GroupNormalization`.
    public static func groupNormalization(groups: Int, epsilon: Double = 1e-3) -> Layer {
        Layer(GroupNormalization(groups: groups, epsilon: epsilon))
    }

    /// Normalisation over the channels of each place; see `LayerNormalization`.
    public static func layerNormalization(epsilon: Double = 1e-3) -> Layer {
        Layer(LayerNormalization(epsilon: epsilon))
    }

    /// Normalisation over a batch; see `BatchNormalization`.
    public static func batchNormalization(
        momentum: Double = 0.99, epsilon: Double = 1e-3
    ) -> Layer {
        Layer(BatchNormalization(momentum: momentum, epsilon: epsilon))
    }

    /// x, or slope · x where that is not above 0; see `LeakyReLU`.
    public static func leakyReLU(slope: Double = 0.3) -> Layer { Layer(LeakyReLU(slope: slope)) }

    /// x, or α (eˣ − 1) where that is not above 0; see `ELU`.
    public static func elu(alpha: Double = 1) -> Layer { Layer(ELU(alpha: alpha)) }

    /// The hyperbolic tangent; see `Tanh`.
    public static let tanh = Layer(Tanh())

    /// 1 / (1 + e⁻ˣ); see `Sigmoid`.
    public static let sigmoid = Layer(Sigmoid())

    /// x Φ(x); see `GELU`.
    public static func gelu(approximate: Bool = false) -> Layer {
        Layer(GELU(approximate: approximate))
    }

    /// log(1 + eˣ); see `Softplus`.
    public static let softplus = Layer(Softplus())

    /// A vector for each word; see `Embedding`.
    public static func embedding(count: Int, size: Int) -> Layer {
        Layer(Embedding(count: count, size: size))
    }
}
