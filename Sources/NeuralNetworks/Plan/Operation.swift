import Tensors

/// One step of a plan: a layer compiled for a batch size, with its places in the arena.
///
/// Operations are values; all they change lies in the arena and the gradient.
protocol Operation: Sendable {
    /// What the operation is called in profiles: its layers.
    var name: String { get }
    /// Floating-point operations of one sample's forward pass, a multiplication and an addition
    /// being two, as if every product were computed.
    var flopsPerSample: Int { get }
    func forward(_ pass: Pass)
    /// Puts the gradients of its parameters into the pass's gradient and that of its input, if it
    /// is wanted, into the input's place.
    func backward(_ pass: Pass)
}

/// Values between two operations and, in training, the loss's derivatives by them.
struct Activations: Sendable {
    var values: ArenaRegion
    /// nil where nothing needs it: in inference, and for the input of the network.
    var gradient: ArenaRegion?
}

/// What an operation is lent for one batch.
struct Pass {
    var arena: Arena
    var parameters: UnsafePointer<Float>
    /// Laid out as the parameters are; there only in training.
    var gradient: UnsafeMutablePointer<Float>?
    /// Samples in this batch, at most the plan's batch size.
    var count: Int
    /// The stream for dropout, and how many batches it has served before.
    var dropout: RandomKey
    var step: Int
}
