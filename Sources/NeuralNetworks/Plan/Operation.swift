import CKernels
import Parameters
import Tensors

/// One step of a plan: a layer compiled for a batch size, with its places in the arena.
///
/// Operations are values; all they change lies in the arena and the gradient.
package protocol Operation: Sendable {
    /// What the operation is called in profiles: its layers.
    var name: String { get }
    /// Floating-point operations of one sample's forward pass, a multiplication and an addition
    /// being two, as if every product were computed.
    var flopsPerSample: Int { get }
    /// Floats of parameters, and of a sample's inputs and outputs: what a pass must touch at least.
    var parameterCount: Int { get }
    var activationCount: Int { get }
    /// The parameters that lie in an order of their own while it computes, each of which `pack` and
    /// `unpack` write; nil for none.
    var packedRange: Range<Int>? { get }
    /// Puts these into the order that it computes in, the other way round with `unpack`.
    /// Both vectors are laid out as the architecture says; what is not touched is the same in both.
    func pack(_ parameters: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>)
    func unpack(_ packed: UnsafePointer<Float>, into parameters: UnsafeMutablePointer<Float>)
    /// The parameters that `backward` steps itself when the pass has an optimiser's step; nil for none.
    var steppedRange: Range<Int>? { get }
    func forward(_ pass: Pass)
    /// Puts the gradient of its input, if it is wanted, into the input's place, and adds that of its
    /// parameters, scaled, to the pass's target: which may be the parameters themselves, so the
    /// input's gradient comes first.
    func backward(_ pass: Pass)
}

extension Operation {
    package var steppedRange: Range<Int>? { nil }
    package var packedRange: Range<Int>? { nil }
    package func pack(_ parameters: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>)
    {}
    package func unpack(
        _ packed: UnsafePointer<Float>, into parameters: UnsafeMutablePointer<Float>
    ) {}
}

/// Values between two operations and, in training, the loss's derivatives by them.
struct Activations: Sendable {
    var values: ArenaRegion
    /// nil where nothing needs it: in inference, and for the input of the network.
    var gradient: ArenaRegion?
    /// Channels in memory, the last of them zeros, if they are more than the layer has.
    var paddedChannels: Int?
    /// Whether this is the network's input, whose gradient nobody asks for.
    var isInput = false
    /// Whether the values must stay as they are until the backward pass: another layer reads them, or the
    /// one that wrote them reads them again.
    var isKept = false
    /// Whether the gradient is added to what is there, since another reader has written its own before.
    var addsGradient = false
    /// Whether an operation further on still writes the gradient: its place is not to be used again.
    var holdsGradient = false
}

/// What an operation is lent for one batch.
package struct Pass {
    var arena: Arena
    /// In the order of `Operation.pack`.
    var parameters: UnsafePointer<Float>
    /// Where backward adds scale · gradient, laid out as the parameters are: −η and the parameters
    /// in a step of gradient descent, 1 and zeros for the gradient itself.
    var target: UnsafeMutablePointer<Float>?
    var scale: Float = 0
    /// The step that an operation's `steppedRange` takes instead of adding to the target.
    var optimizerStep: ck_step?
    /// Samples in this batch, at most the plan's batch size.
    var count: Int
    /// The stream for dropout, and how many batches it has served before.
    var dropout: RandomKey
    var step: Int
    /// Whether layers leave their statistics as they are, in training, too: a gradient alone is asked for.
    var keepsStatistics = false
}

/// Adds scale · column sums of dy[rows][columns] to the target at `offset`: a bias's gradient.
func addBiasGradient(
    _ pass: Pass, _ dy: UnsafePointer<Float>, rows: Int, columns: Int, _ scratch: ArenaRegion,
    at offset: Int
) {
    guard let target = pass.target else { return }
    let sums = pass.arena[scratch]
    ck_column_sums(dy, sums, rows, columns)
    ck_axpy(pass.scale, sums, target + offset, columns)
}
