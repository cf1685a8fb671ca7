/// The same numbers in the same order, as samples of another shape.
public struct Reshape: LayerDefinition {
    /// "reshape".
    public static let kind = "reshape"

    /// [H, W, C] or [F].
    public var shape: FeatureShape

    /// To that shape.
    public init(_ shape: FeatureShape) { self.shape = shape }

    /// `shape`, if it has as many numbers.
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        try shape.check()
        try LayerError.require(product: input.sizes)
        guard shape.count == input.count else {
            throw .other("\(shape) are \(shape.count) numbers, but it gets \(input.count)")
        }
        return shape
    }
}
