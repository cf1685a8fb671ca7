import CKernels
import Parameters

/// How far a client's update moves the model, and whether it goes the way that the global model went before.
///
/// It is of what the client sent, after its own transforms and before the server's, and depends on the
/// numbers alone: not on threads, transport or the CPU.
public struct ChangeMeasure: Hashable, Sendable {
    /// ‖u‖₂ of the change u = y − x; nil where it is no finite number.
    public var norm: Double?
    /// u · v / (‖u‖ ‖v‖), with v = x − x′ the change that the global model made in the round before; nil in
    /// the first round, and where either change is zero or no finite number.
    public var cosine: Double?

    /// Those figures.
    public init(norm: Double? = nil, cosine: Double? = nil) {
        self.norm = norm
        self.cosine = cosine
    }

    /// What is found in one pass over an update and the models it is held against.
    /// - Parameter state: what the round began with.
    init(of value: UpdateValue, after state: FederationState) {
        // A client that hands back what it was given.
        if case .model(let moved) = value, moved.isIdentical(to: state.model) {
            self.init(norm: moved.inspect().firstNonFinite == nil ? 0 : nil)
            return
        }
        let previous = state.previous.flatMap { $0.count == state.model.count ? $0 : nil }
        let sums = state.model.withUnsafeBufferPointer { model in
            value.vector.withUnsafeBufferPointer { moved in
                func compare(_ before: UnsafePointer<Float>?) -> ck_changes {
                    precondition(
                        moved.count == model.count, "an update is as long as the model")
                    return ck_compare_changes(
                        moved.baseAddress, value.isChange ? nil : model.baseAddress,
                        model.baseAddress, before, moved.count)
                }
                return previous?.withUnsafeBufferPointer { compare($0.baseAddress) }
                    ?? compare(nil)
            }
        }
        self.init(sums)
    }

    private init(_ sums: ck_changes) {
        guard sums.squares.isFinite else { return }
        norm = sums.squares.squareRoot()
        guard sums.squares > 0, sums.other > 0, sums.other.isFinite, sums.product.isFinite else {
            return
        }
        let cosine = sums.product / (sums.squares.squareRoot() * sums.other.squareRoot())
        // Roundings lead at most this far beyond.
        self.cosine = min(max(cosine, -1), 1)
    }
}
