import Parameters

/// A layer whose passes are written out: what a kind of one's own conforms to.
///
/// Both passes work on a whole batch; arrays are row-major, [N] first. Either may allocate, but had better
/// use `memory`. They run on one thread, many plans at once.
///
/// ```
/// struct Doubling: PlainLayer {
///     static let kind = "doubling"
///     func output(of input: FeatureShape) -> FeatureShape { input }
///     func forward(_ pass: LayerPass) {
///         for i in 0..<pass.count * pass.inputCount { pass.output[i] = 2 * pass.input[i] }
///     }
///     func backward(_ pass: LayerPass, _ gradients: LayerGradients) {
///         guard let dx = gradients.input else { return }
///         for i in 0..<pass.count * pass.inputCount { dx[i] = 2 * gradients.output[i] }
///     }
/// }
/// Layer.register(Doubling.self)
/// ```
public protocol PlainLayer: LayerDefinition {
    /// Floats that the forward pass leaves for the backward pass, for batches of up to `batchSize` samples.
    func memoryCount(of input: FeatureShape, batchSize: Int) -> Int
    /// Writes `output`.
    func forward(_ pass: LayerPass)
    /// Writes the input's gradient, if that is wanted, and adds the parameters' to theirs. What the forward
    /// pass of the same batch read, wrote and left in `memory` is still there, but for the parameters, if a
    /// tensor is a statistic.
    func backward(_ pass: LayerPass, _ gradients: LayerGradients)
}

extension PlainLayer {
    /// None.
    public func memoryCount(of input: FeatureShape, batchSize: Int) -> Int { 0 }
}

/// What a plain layer is lent for one batch.
public struct LayerPass {
    /// N: samples of this batch.
    public let count: Int
    /// A sample's shape.
    public let shape: FeatureShape
    /// Floats of a sample's input.
    public let inputCount: Int
    /// Floats of its output.
    public let outputCount: Int
    /// [N][input's shape].
    public let input: UnsafePointer<Float>
    /// [N][output's shape].
    public let output: UnsafeMutablePointer<Float>
    /// The layer's tensors, one behind the other.
    public let parameters: UnsafePointer<Float>
    /// The same where the layer may write, which is for its statistics, in training alone; else nil.
    public let statistics: UnsafeMutablePointer<Float>?
    /// As many Floats as `memoryCount` says.
    public let memory: UnsafeMutablePointer<Float>
    /// Whether the plan is for training.
    public let isTraining: Bool
}

/// What a plain layer makes of its output's gradient.
public struct LayerGradients {
    /// ∂loss/∂output, [N][output's shape]; the layer may use it up.
    public let output: UnsafeMutablePointer<Float>
    /// Where ∂loss/∂input goes, [N][input's shape]; nil where nobody asks for it.
    public let input: UnsafeMutablePointer<Float>?
    /// Where ∂loss/∂parameters is added, laid out as they are.
    public let parameters: UnsafeMutablePointer<Float>
}
