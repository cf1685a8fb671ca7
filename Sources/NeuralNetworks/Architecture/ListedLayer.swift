/// A layer of an architecture as a list of them has it, those of blocks behind their block.
struct ListedLayer: Sendable {
    /// "3", "3.1", "3.s1".
    var place: String
    /// The layer.
    var layer: Layer
    /// A sample's shape before it.
    var input: FeatureShape
    /// The shape after it.
    var output: FeatureShape
    /// Floats of its own parameters; a block's belong to its layers.
    var parameterCount: Int

    /// Its kind.
    var kind: String { type(of: layer.base).kind }
}

extension Architecture {
    /// All layers, in the order of their tensors.
    var listedLayers: [ListedLayer] {
        var rows: [ListedLayer] = []
        Self.list(layers, behind: input, place: "", into: &rows)
        return rows
    }

    private static func list(
        _ layers: [Layer], behind input: FeatureShape, place: String, into rows: inout [ListedLayer]
    ) {
        var shape = input
        for (index, layer) in layers.enumerated() {
            // The architecture has been checked when it was made.
            guard let output = try? layer.base.output(of: shape) else { return }
            let tensors = (try? layer.base.tensors(of: shape)) ?? []
            let place = "\(place)\(index + 1)"
            rows.append(
                ListedLayer(
                    place: place, layer: layer, input: shape, output: output,
                    parameterCount: tensors.reduce(0) { $0 + $1.count }))
            if let block = layer.base as? Residual {
                list(block.layers, behind: shape, place: "\(place).", into: &rows)
                list(block.shortcut, behind: shape, place: "\(place).s", into: &rows)
            }
            shape = output
        }
    }
}
