import Federation
import Parameters

/// Bounds how far one client can move the mean: its change d = y − x leaves it as d · min(1, S / ‖d‖₂).
///
/// The bound on the mean is S / m for m clients only where all weigh the same: `Weighting.uniform`. The
/// round's record says which share of them was clipped.
///
/// Source: McMahan, Ramage, Talwar and Zhang, "Learning differentially private recurrent language
/// models", ICLR 2018, section 2.1 (flat clipping).
public struct ClipUpdate: UpdateTransform, Hashable {
    /// S, the largest L2 norm of a change.
    public let norm: Float
    /// The name of the share of clients that were clipped, in a round's metrics.
    public static let clippedShare = "clipped_share"
    /// What clients call it, to servers of earlier versions, too.
    private static let isClippedNumber = "clipped share"

    /// Clips to that norm.
    /// - Precondition: the norm is above 0 and finite.
    public init(norm: Float) {
        precondition(norm > 0 && norm.isFinite, "a norm of \(norm) clips everything or nothing")
        self.norm = norm
    }

    /// What a description says: "clip:1.0"; nil if it is none.
    public init?(description: String) {
        guard description.hasPrefix("clip:"), let norm = Float(description.dropFirst(5)),
            norm > 0, norm.isFinite
        else { return nil }
        self.init(norm: norm)
    }

    /// Where the client is: nobody else sees what it would have sent.
    public var place: TransformPlace { .client }
    /// The name that the command and clients know it by: "clip:1.0".
    public var description: String { "clip:\(norm)" }

    /// Puts d · min(1, S / ‖d‖₂) in the place of the update; the norm is summed in Double, in the order of parameters.
    public func prepare(
        _ contribution: inout Contribution, _ context: ClientContext
    ) throws(AggregationError) {
        let change = contribution.value.change(from: context.model)
        // In the order of parameters, in Double: the same on every machine.
        let square = change.withUnsafeBufferPointer { numbers in
            numbers.reduce(0) { $0 + Double($1) * Double($1) }
        }
        let length = square.squareRoot()
        let isClipped = length > Double(norm)
        contribution.numbers[Self.isClippedNumber] = isClipped ? 1 : 0
        guard isClipped else {
            contribution.value = .change(change)
            return
        }
        let scale = Double(norm) / length
        contribution.value = .change(change.map { Float(Double($0) * scale) })
    }

    /// Says in the round's metrics which share was clipped.
    public func complete(
        _ aggregate: inout Aggregate, _ context: RoundContext
    ) throws(AggregationError) {
        aggregate.metrics[Self.clippedShare] = aggregate.numbers[Self.isClippedNumber] ?? 0
    }
}
