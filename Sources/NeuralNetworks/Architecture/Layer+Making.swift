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
}
