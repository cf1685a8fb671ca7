import Parameters

/// A network as a value: the shape of its input and its layers with their sizes.
///
/// It ends in a vector of logits, one for each class, or of predicted numbers; what is made of them
/// belongs to the loss.
public struct Architecture: Hashable, Sendable {
    /// What a sample looks like, [H][W][C] or [F].
    public let input: FeatureShape
    /// Its layers, from the input to the logits.
    public let layers: [Layer]
    /// The shape after each layer.
    public let shapes: [FeatureShape]
    /// Which range of a parameter vector is which tensor: "conv1/kernel", "conv1/bias", ….
    public let layout: ParameterLayout
    /// Where in a parameter vector statistics lie, which no gradient moves: running means and variances.
    public let statistics: [Range<Int>]
    /// Where all tensors of layers lie that have statistics, as batch normalisations have: what stays each
    /// client's own in FedBN.
    public let localRanges: [Range<Int>]
    /// Whether what becomes of a sample depends on the others of its batch.
    let mixesSamples: Bool
    /// How each tensor of `layout` starts.
    let initializers: [Initializer]

    /// Layers, those of blocks among them, at most.
    static let layerLimit = 1000

    /// - Throws: `ArchitectureError` if a layer cannot take what comes before it, if a size is not
    ///   positive or beyond all bounds, or if the last layer gives an image and not a vector.
    public init(input: FeatureShape, _ layers: [Layer]) throws(ArchitectureError) {
        do throws(LayerError) {
            try input.check()
        } catch {
            throw .input(input, error)
        }
        var list = TensorList()
        shapes = try list.add(layers, behind: input)
        let output = shapes.last ?? input
        guard case .vector = output else { throw .outputIsNoVector(output) }
        guard !list.tensors.isEmpty else { throw .noParameters }
        self.input = input
        self.layers = layers
        mixesSamples = list.mixesSamples
        initializers = list.tensors.map(\.tensor.initializer)
        let layout = ParameterLayout(list.tensors.map { ($0.name, $0.tensor.shape) })
        self.layout = layout
        statistics = zip(layout.entries, list.tensors).filter { $1.tensor.isStatistic }
            .map(\.0.range)
        localRanges = zip(layout.entries, list.tensors).filter { $1.isLocal }.map(\.0.range)
    }

    /// Outputs a sample: one for each class, or predicted number.
    public var classCount: Int { (shapes.last ?? input).count }

    /// Floats of a model.
    public var parameterCount: Int { layout.count }

    /// Floats that all layers make of a sample, those within blocks among them; a large number where they
    /// are beyond all bounds.
    var activationCount: Int { Self.activationCount(layers, behind: input) }

    private static func activationCount(_ layers: [Layer], behind input: FeatureShape) -> Int {
        var shape = input
        var count = 0
        for layer in layers {
            if let block = layer.base as? Residual {
                count = saturated(count, activationCount(block.layers, behind: shape))
                count = saturated(count, activationCount(block.shortcut, behind: shape))
            }
            // The layers have been checked when the architecture was made.
            guard let output = try? layer.base.output(of: shape) else { return count }
            shape = output
            count = saturated(count, shape.count)
        }
        return count
    }

    private static func saturated(_ one: Int, _ other: Int) -> Int {
        let (sum, isTooLarge) = one.addingReportingOverflow(other)
        return isTooLarge ? .max : sum
    }
}

/// The tensors of layers, and of those in their blocks, with their names.
private struct TensorList {
    /// Each with whether its layer has a statistic.
    var tensors: [(name: String, tensor: LayerTensor, isLocal: Bool)] = []
    private var counts: [String: Int] = [:]
    private var layerCount = 0
    private(set) var mixesSamples = false

    /// Adds those of a chain of layers.
    /// - Returns: the shape after each.
    mutating func add(
        _ layers: [Layer], behind input: FeatureShape, in place: String = "", depth: Int = 0
    ) throws(ArchitectureError) -> [FeatureShape] {
        var shape = input
        var shapes: [FeatureShape] = []
        for (position, layer) in layers.enumerated() {
            layerCount += 1
            if type(of: layer.base).mixesSamples { mixesSamples = true }
            guard layerCount <= Architecture.layerLimit else { throw .tooManyLayers }
            let place = "\(place)\(position + 1)"
            let kind = type(of: layer.base).kind
            func within<Value>(
                _ body: () throws(LayerError) -> Value
            ) throws(ArchitectureError) -> Value {
                do throws(LayerError) {
                    return try body()
                } catch {
                    throw .layer(place, kind: kind, error)
                }
            }
            let own = try within { () throws(LayerError) in try Self.tensors(layer, of: shape) }
            append(own, prefix: type(of: layer.base).tensorPrefix)
            if let block = layer.base as? Residual {
                try within { () throws(LayerError) in
                    guard depth < Residual.depthLimit else { throw .tooLarge("so deep a block") }
                }
                _ = try add(block.layers, behind: shape, in: "\(place).", depth: depth + 1)
                _ = try add(block.shortcut, behind: shape, in: "\(place).s", depth: depth + 1)
            }
            let next = try within { () throws(LayerError) in
                let next = try layer.base.output(of: shape)
                try next.check()
                return next
            }
            shape = next
            shapes.append(shape)
        }
        return shapes
    }

    private static func tensors(
        _ layer: Layer, of input: FeatureShape
    ) throws(LayerError) -> [LayerTensor] {
        let own = try layer.base.tensors(of: input)
        for tensor in own {
            for size in tensor.shape { try LayerError.require(size) }
            try LayerError.require(product: tensor.shape)
        }
        return own
    }

    private mutating func append(_ own: [LayerTensor], prefix: String) {
        guard !own.isEmpty else { return }
        counts[prefix, default: 0] += 1
        let number = counts[prefix, default: 0]
        let isLocal = own.contains(where: \.isStatistic)
        for tensor in own {
            tensors.append(("\(prefix)\(number)/\(tensor.name)", tensor, isLocal))
        }
    }
}

extension Architecture: Codable {
    private enum CodingKeys: CodingKey { case input, layers }

    /// The same architecture as was encoded.
    /// - Throws: `ArchitectureError` where layers don't fit, `UnknownLayer`, and what the decoder throws.
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

/// Why layers don't make an architecture.
public enum ArchitectureError: Error, Equatable, Sendable, CustomStringConvertible {
    /// An input without a number in it, or beyond all bounds.
    case input(FeatureShape, LayerError)
    /// A layer that can't take what comes before it; layers are counted from 1, those of a block behind
    /// the block's number and a point: "3.1".
    case layer(String, kind: String, LayerError)
    /// More layers than anyone needs.
    case tooManyLayers
    /// A last layer that gives an image.
    case outputIsNoVector(FeatureShape)
    /// Layers that have nothing to train.
    case noParameters

    /// One sentence that names the layer, what it gets and what it needs.
    public var description: String {
        switch self {
        case .input(let shape, .sizeNotPositive):
            "the input shape \(shape) is empty: every size must be at least 1"
        case .input(let shape, let error): "the input shape \(shape): \(error)"
        case .layer(let place, let kind, let error): "layer \(place) (\(kind)): \(error)"
        case .tooManyLayers: "there are more than \(Architecture.layerLimit) layers"
        case .outputIsNoVector(let shape):
            "the last layer gives an image of \(shape): an architecture ends in a vector"
        case .noParameters:
            "none of the layers has parameters: there is nothing to train"
        }
    }
}
