import CKernels

/// One tensor of parameters that a layer has.
struct LayerTensor {
    enum Role: String { case kernel, bias }
    var role: Role
    var shape: [Int]
    var initializer: Initializer
}

extension Layer {
    /// What the layer's tensors are called, before their number.
    var name: String {
        switch self {
        case .convolution: "conv"
        case .maxPooling: "pool"
        case .dense: "dense"
        case .relu: "relu"
        case .dropout: "dropout"
        case .flatten: "flatten"
        }
    }

    /// The shape that the layer makes of `input`.
    func output(input: FeatureShape, position: Int) throws(ArchitectureError) -> FeatureShape {
        switch self {
        case .convolution(let layer):
            let window = try slidingWindow(input: input, position: position)!
            return .image(
                height: Int(window.out_h), width: Int(window.out_w), channels: layer.filters)
        case .maxPooling:
            let window = try slidingWindow(input: input, position: position)!
            return .image(
                height: Int(window.out_h), width: Int(window.out_w), channels: Int(window.channels))
        case .dense(let layer):
            guard case .vector = input else {
                throw .needsVector(layer: position + 1, name: name, found: input)
            }
            return .vector(layer.units)
        case .relu:
            return input
        case .dropout(let layer):
            guard layer.rate >= 0, layer.rate < 1 else {
                throw .rateOutOfRange(layer: position + 1, rate: layer.rate)
            }
            return input
        case .flatten:
            return .vector(input.count)
        }
    }

    /// The layer's parameters for that input, kernel first.
    func tensors(input: FeatureShape, position: Int) throws(ArchitectureError) -> [LayerTensor] {
        switch self {
        case .convolution(let layer):
            try requirePositive(layer.filters, position)
            guard case .image(_, _, let channels) = input else {
                throw .needsImage(layer: position + 1, name: name, found: input)
            }
            let area = layer.kernel.height * layer.kernel.width
            return [
                LayerTensor(
                    role: .kernel,
                    shape: [layer.kernel.height, layer.kernel.width, channels, layer.filters],
                    initializer: .glorotUniform(
                        fanIn: area * channels, fanOut: area * layer.filters)),
                LayerTensor(role: .bias, shape: [layer.filters], initializer: .zeros),
            ]
        case .dense(let layer):
            try requirePositive(layer.units, position)
            return [
                LayerTensor(
                    role: .kernel, shape: [input.count, layer.units],
                    initializer: .glorotUniform(fanIn: input.count, fanOut: layer.units)),
                LayerTensor(role: .bias, shape: [layer.units], initializer: .zeros),
            ]
        case .maxPooling, .relu, .dropout, .flatten:
            return []
        }
    }

    /// How a convolution's or a pooling's window slides over that input; nil for other layers.
    func slidingWindow(
        input: FeatureShape, position: Int
    ) throws(ArchitectureError) -> ck_window? {
        let (window, strides, padding): (Extent2D, Extent2D, Padding)
        switch self {
        case .convolution(let layer):
            (window, strides, padding) = (layer.kernel, layer.strides, layer.padding)
        case .maxPooling(let layer):
            (window, strides, padding) = (layer.window, layer.strides, layer.padding)
        case .dense, .relu, .dropout, .flatten:
            return nil
        }
        guard case .image(let height, let width, let channels) = input else {
            throw .needsImage(layer: position + 1, name: name, found: input)
        }
        for extent in [window, strides] where extent.height < 1 || extent.width < 1 {
            throw .sizeNotPositive(layer: position + 1, name: name, size: extent.description)
        }
        let rows = Self.slide(height, window.height, strides.height, padding)
        let columns = Self.slide(width, window.width, strides.width, padding)
        guard rows.count > 0, columns.count > 0, window.height * window.width <= 65536 else {
            throw .windowTooLarge(layer: position + 1, name: name, window: window, found: input)
        }
        return ck_window(
            in_h: Int32(height), in_w: Int32(width), channels: Int32(channels),
            window_h: Int32(window.height), window_w: Int32(window.width),
            stride_h: Int32(strides.height), stride_w: Int32(strides.width),
            pad_top: Int32(rows.padding), pad_left: Int32(columns.padding),
            out_h: Int32(rows.count), out_w: Int32(columns.count))
    }

    /// Positions of a window along one side, and the padding before the first.
    private static func slide(
        _ size: Int, _ window: Int, _ stride: Int, _ padding: Padding
    ) -> (count: Int, padding: Int) {
        switch padding {
        case .valid:
            return (size < window ? 0 : (size - window) / stride + 1, 0)
        case .same:
            let count = (size + stride - 1) / stride
            return (count, max(0, (count - 1) * stride + window - size) / 2)
        }
    }

    private func requirePositive(_ size: Int, _ position: Int) throws(ArchitectureError) {
        guard size > 0 else {
            throw .sizeNotPositive(layer: position + 1, name: name, size: "\(size)")
        }
    }
}
