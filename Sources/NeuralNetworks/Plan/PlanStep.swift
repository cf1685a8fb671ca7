/// Layers that a plan computes together.
struct PlanStep: Sendable {
    /// What stands before their numbers: "3." for those of the third layer's block, else empty.
    var place: String
    /// Their positions in their chain, from 0.
    var layers: Range<Int>
    /// The operations that they have become, those of a block's layers included.
    var operations: Range<Int>
    /// Whether an operation of the fused engine computes them.
    var isFused: Bool
}
