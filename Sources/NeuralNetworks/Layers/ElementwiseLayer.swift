/// A layer that does the same to every number, whatever the shape: what an activation of one's own
/// conforms to.
///
/// ```
/// struct Square: ElementwiseLayer {
///     static let kind = "square"
///     func value(at x: Float) -> Float { x * x }
///     func slope(at x: Float, value: Float) -> Float { 2 * x }
/// }
/// ```
public protocol ElementwiseLayer: PlainLayer {
    /// f(x).
    func value(at x: Float) -> Float
    /// f′(x).
    /// - Parameter value: f(x).
    func slope(at x: Float, value: Float) -> Float
}

extension ElementwiseLayer {
    /// The input's.
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape { input }

    /// y = f(x).
    public func forward(_ pass: LayerPass) {
        for index in 0..<pass.count * pass.inputCount {
            pass.output[index] = value(at: pass.input[index])
        }
    }

    /// dx = dy · f′(x).
    public func backward(_ pass: LayerPass, _ gradients: LayerGradients) {
        guard let dx = gradients.input else { return }
        for index in 0..<pass.count * pass.inputCount {
            dx[index] =
                gradients.output[index]
                * slope(at: pass.input[index], value: pass.output[index])
        }
    }
}
