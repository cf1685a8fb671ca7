import Parameters

/// A network as a value: the shape of its input and its layers with their sizes.
///
/// It ends in logits, one for each class; the softmax belongs to the loss.
public struct Architecture: Hashable, Sendable {
    /// What a sample looks like, [H][W][C] or [F].
    public let input: FeatureShape
    /// Its layers, from the input to the logits.
    public let layers: [Layer]
    /// The shape after each layer.
    public let shapes: [FeatureShape]
    /// Which range of a parameter vector is which tensor: "conv1/kernel", "conv1/bias", ….
    public let layout: ParameterLayout
    /// How each tensor of `layout` starts.
    let initializers: [Initializer]

    /// - Throws: `ArchitectureError` if a layer cannot take what comes before it, if a size is not
    ///   positive, or if the last layer gives an image and not logits.
    public init(input: FeatureShape, _ layers: [Layer]) throws(ArchitectureError) {
        var shape = input
        var shapes: [FeatureShape] = []
        var tensors: [(name: String, shape: [Int])] = []
        var initializers: [Initializer] = []
        var counts: [String: Int] = [:]
        guard input.count > 0 else { throw .emptyInput(input) }
        for (position, layer) in layers.enumerated() {
            for tensor in try layer.tensors(input: shape, position: position) {
                if tensor.role == .kernel { counts[layer.name, default: 0] += 1 }
                tensors.append(
                    (
                        "\(layer.name)\(counts[layer.name, default: 1])/\(tensor.role)",
                        tensor.shape
                    ))
                initializers.append(tensor.initializer)
            }
            shape = try layer.output(input: shape, position: position)
            shapes.append(shape)
        }
        guard case .vector = shape else { throw .outputIsNoVector(shape) }
        guard !tensors.isEmpty else { throw .noParameters }
        self.input = input
        self.layers = layers
        self.shapes = shapes
        self.initializers = initializers
        layout = ParameterLayout(tensors)
    }

    /// Logits a sample.
    public var classCount: Int { (shapes.last ?? input).count }

    /// Floats of a model.
    public var parameterCount: Int { layout.count }

    /// The shape that goes into layer `position`.
    func inputShape(ofLayer position: Int) -> FeatureShape {
        position == 0 ? input : shapes[position - 1]
    }
}

extension Architecture: Codable {
    private enum CodingKeys: CodingKey { case input, layers }

    /// The same architecture as was encoded.
    /// - Throws: `ArchitectureError` where layers don't fit, and what the decoder throws.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            input: container.decode(FeatureShape.self, forKey: .input),
            container.decode([Layer].self, forKey: .layers))
    }

    /// Input and layers; all else follows from them.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(input, forKey: .input)
        try container.encode(layers, forKey: .layers)
    }
}

/// Why layers don't make an architecture; layers are counted from 1.
public enum ArchitectureError: Error, Equatable, CustomStringConvertible {
    /// An input without a number in it.
    case emptyInput(FeatureShape)
    /// A number of filters or units, a window or strides below 1.
    case sizeNotPositive(layer: Int, name: String, size: String)
    /// A convolution or pooling behind `flatten` or a dense layer.
    case needsImage(layer: Int, name: String, found: FeatureShape)
    /// A dense layer that gets an image: `flatten` is missing.
    case needsVector(layer: Int, name: String, found: FeatureShape)
    /// A window without a place in its image, or of more than 2¹⁶ positions.
    case windowTooLarge(layer: Int, name: String, window: Extent2D, found: FeatureShape)
    /// A dropout rate outside 0 ..< 1.
    case rateOutOfRange(layer: Int, rate: Double)
    /// A last layer that gives an image.
    case outputIsNoVector(FeatureShape)
    /// Layers that have nothing to train.
    case noParameters

    /// One sentence that names the layer, what it gets and what it needs.
    public var description: String {
        switch self {
        case .emptyInput(let shape):
            "the input shape \(shape) is empty: every size must be at least 1"
        case .sizeNotPositive(let layer, let name, let size):
            "layer \(layer) (\(name)): \(size) is not a size: it must be at least 1"
        case .needsImage(let layer, let name, let found):
            "layer \(layer) (\(name)) needs an image [H][W][C], but gets a vector of \(found)"
        case .needsVector(let layer, let name, let found):
            "layer \(layer) (\(name)) needs a vector, but gets an image of \(found): put flatten before it"
        case .windowTooLarge(let layer, let name, let window, let found):
            "layer \(layer) (\(name)): the \(window) window does not fit into an image of \(found)"
        case .rateOutOfRange(let layer, let rate):
            "layer \(layer) (dropout): the rate \(rate) must be at least 0 and below 1"
        case .outputIsNoVector(let shape):
            "the last layer gives an image of \(shape): an architecture ends in a vector of logits"
        case .noParameters:
            "none of the layers has parameters: there is nothing to train"
        }
    }
}
