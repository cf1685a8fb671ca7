/// max(x, 0), of any shape.
public struct ReLU: LayerDefinition {
    /// "relu".
    public static let kind = "relu"

    /// It has no sizes.
    public init() {}

    /// The input's.
    public func output(of input: FeatureShape) -> FeatureShape { input }
}
