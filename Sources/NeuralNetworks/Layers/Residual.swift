/// y = f(x) + s(x): a block of layers and a way around it, which may be empty.
///
/// Source: He et al., "Deep residual learning for image recognition", CVPR 2016, equations 1 and 2.
public struct Residual: LayerDefinition {
    /// "residual".
    public static let kind = "residual"

    /// f.
    public var layers: [Layer]
    /// s; none for s(x) = x, else mostly a 1×1 convolution that brings x to the shape of f(x).
    public var shortcut: [Layer]

    /// Of these layers.
    public init(_ layers: [Layer], shortcut: [Layer] = []) {
        self.layers = layers
        self.shortcut = shortcut
    }

    /// Blocks in blocks, at most.
    static let depthLimit = 32

    /// That of both ways, which is one.
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        try input.check()
        let (inner, outer) = (try chain(layers, input), try chain(shortcut, input))
        guard inner.last ?? input == outer.last ?? input else {
            throw .other(
                "its layers give \(inner.last ?? input) and its shortcut \(outer.last ?? input): "
                    + "both are to be alike")
        }
        return inner.last ?? input
    }

    /// The shapes after each layer of one of the ways.
    func chain(_ way: [Layer], _ input: FeatureShape) throws(LayerError) -> [FeatureShape] {
        var shape = input
        var shapes: [FeatureShape] = []
        for (position, layer) in way.enumerated() {
            do throws(LayerError) {
                shape = try layer.base.output(of: shape)
            } catch {
                throw .other(
                    "\(way == layers ? "" : "shortcut, ")layer \(position + 1) "
                        + "(\(type(of: layer.base).kind)): \(error)")
            }
            shapes.append(shape)
        }
        return shapes
    }
}

extension Residual {
    private enum CodingKeys: CodingKey { case layers, shortcut }

    /// Reads it; the shortcut may be left out.
    public init(from decoder: any Decoder) throws {
        guard decoder.codingPath.count <= 3 * Self.depthLimit else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: [],
                    debugDescription: "more than \(Self.depthLimit) blocks in each other"))
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try container.decode([Layer].self, forKey: .layers),
            shortcut: try container.decodeIfPresent([Layer].self, forKey: .shortcut) ?? [])
    }
}
