/// [H][W][C] to [H·W·C], in that order, as Keras does.
public struct Flatten: LayerDefinition {
    /// "flatten".
    public static let kind = "flatten"

    /// It has no sizes.
    public init() {}

    /// [H·W·C].
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        try LayerError.require(product: input.sizes)
        return .vector(input.count)
    }
}
