import CKernels

/// A convolution of each channel by kernels of its own:
/// y[i][j][c·M + m] = Σ x[i·s + a][j·s + b][c] · kernel[a][b][c][m] + bias[c·M + m].
///
/// M outputs a channel, side by side as in Keras. Kernel [kh][kw][C][M].
public struct DepthwiseConvolution2D: PlainLayer {
    /// "depthwise-convolution".
    public static let kind = "depthwise-convolution"
    /// "depthwise".
    public static let tensorPrefix = "depthwise"

    /// [kh][kw].
    public var kernel: Extent2D
    /// M.
    public var multiplier: Int
    /// Rows and columns from one window to the next.
    public var strides: Extent2D
    /// What lies outside the image: 0.
    public var padding: Padding
    /// What is done to each output.
    public var activation: Activation
    /// How the kernel starts.
    public var initializer: KernelInitializer

    /// With one kernel a channel, unless more are asked for.
    public init(
        kernel: Extent2D, multiplier: Int = 1, strides: Extent2D = 1, padding: Padding = .valid,
        activation: Activation = .identity, initializer: KernelInitializer = .glorotUniform
    ) {
        self.kernel = kernel
        self.multiplier = multiplier
        self.strides = strides
        self.padding = padding
        self.activation = activation
        self.initializer = initializer
    }

    func window(over input: FeatureShape) throws(LayerError) -> ck_window {
        try ck_window(kernel, strides: strides, padding: padding, over: input)
    }

    /// The window over an image that has been checked.
    private func placed(over shape: FeatureShape) -> ck_window? {
        guard case .image(let height, let width, let channels) = shape else { return nil }
        return ck_window(
            kernel, strides: strides, padding: padding, height: height, width: width,
            channels: channels)
    }

    /// [H′][W′][C·M].
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        try LayerError.require(multiplier)
        let window = try window(over: input)
        try LayerError.require(product: [Int(window.channels), multiplier])
        return window.output(channels: Int(window.channels) * multiplier)
    }

    /// kernel [kh][kw][C][M] and bias [C·M].
    public func tensors(of input: FeatureShape) throws(LayerError) -> [LayerTensor] {
        try LayerError.require(multiplier)
        let channels = Int(try window(over: input).channels)
        let area = kernel.height * kernel.width
        let shape = [kernel.height, kernel.width, channels, multiplier]
        try LayerError.require(product: shape)
        return [
            LayerTensor(
                "kernel", shape,
                initializer.initializer(fanIn: area * channels, fanOut: area * multiplier)),
            LayerTensor("bias", [channels * multiplier], .zeros),
        ]
    }

    /// Two for each product.
    public func flopsPerSample(of input: FeatureShape) -> Int {
        guard let window = try? window(over: input) else { return 0 }
        return 2 * window.positions * window.elements * multiplier
    }

    /// The sum of the windows' products, and the activation.
    public func forward(_ pass: LayerPass) {
        guard let window = placed(over: pass.shape) else { return }
        let outputs = Int(window.channels) * multiplier
        let bias = pass.parameters + window.elements * multiplier
        forEachTap(
            window, pass,
            begin: { y in
                (pass.output + y).update(from: bias, count: outputs)
            }
        ) { x, tap, y in
            let (from, to) = (pass.input + x, pass.output + y)
            let kernel = pass.parameters + tap * outputs
            if multiplier == 1 {
                for c in 0..<outputs { to[c] += from[c] * kernel[c] }
            } else {
                for o in 0..<outputs { to[o] += from[o / multiplier] * kernel[o] }
            }
        }
        if activation == .relu { ck_relu(pass.output, pass.output, pass.count * pass.outputCount) }
    }

    /// The gradients of all three.
    public func backward(_ pass: LayerPass, _ gradients: LayerGradients) {
        guard let window = placed(over: pass.shape) else { return }
        let outputs = Int(window.channels) * multiplier
        if activation == .relu {
            ck_relu_backward(
                pass.output, gradients.output, gradients.output, pass.count * pass.outputCount)
        }
        gradients.input?.update(repeating: 0, count: pass.count * pass.inputCount)
        let biasSum = gradients.parameters + window.elements * multiplier
        forEachTap(
            window, pass,
            begin: { y in
                let dy = gradients.output + y
                for o in 0..<outputs { biasSum[o] += dy[o] }
            }
        ) { x, tap, y in
            let (from, dy) = (pass.input + x, gradients.output + y)
            let kernel = pass.parameters + tap * outputs
            let sum = gradients.parameters + tap * outputs
            if multiplier == 1 {
                for c in 0..<outputs { sum[c] += from[c] * dy[c] }
                if let dx = gradients.input.map({ $0 + x }) {
                    for c in 0..<outputs { dx[c] += kernel[c] * dy[c] }
                }
            } else {
                for o in 0..<outputs { sum[o] += from[o / multiplier] * dy[o] }
                if let dx = gradients.input.map({ $0 + x }) {
                    for o in 0..<outputs { dx[o / multiplier] += kernel[o] * dy[o] }
                }
            }
        }
    }

    /// Calls `body` with where in the batch a pixel begins, the place in the kernel that lies on it, and
    /// where the output begins; before an output's first, `begin` with the latter.
    @inline(__always)
    private func forEachTap(
        _ window: ck_window, _ pass: LayerPass, begin: (_ output: Int) -> Void,
        _ body: (_ input: Int, _ tap: Int, _ output: Int) -> Void
    ) {
        let channels = Int(window.channels)
        for sample in 0..<pass.count {
            window.forEachPosition { position, rows, columns in
                let output = sample * pass.outputCount + position * channels * multiplier
                begin(output)
                let (i, j) = position.quotientAndRemainder(dividingBy: Int(window.out_w))
                let top = i * Int(window.stride_h) - Int(window.pad_top)
                let left = j * Int(window.stride_w) - Int(window.pad_left)
                for row in rows {
                    for column in columns {
                        body(
                            sample * pass.inputCount
                                + (row * Int(window.in_w) + column) * channels,
                            (row - top) * Int(window.window_w) + column - left, output)
                    }
                }
            }
        }
    }
}

extension DepthwiseConvolution2D {
    private enum CodingKeys: CodingKey {
        case kernel, multiplier, strides, padding, activation, initializer
    }

    /// Reads it; all but the kernel may be left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            kernel: try container.decode(Extent2D.self, forKey: .kernel),
            multiplier: try container.decodeIfPresent(Int.self, forKey: .multiplier) ?? 1,
            strides: try container.decodeIfPresent(Extent2D.self, forKey: .strides) ?? 1,
            padding: try container.decodeIfPresent(Padding.self, forKey: .padding) ?? .valid,
            activation: try container.decodeIfPresent(Activation.self, forKey: .activation)
                ?? .identity,
            initializer: try container.decodeIfPresent(
                KernelInitializer.self, forKey: .initializer) ?? .glorotUniform)
    }
}
