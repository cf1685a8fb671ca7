import Parameters

/// Parts of the model that stay each client's own: a client begins a round with the global model, but with
/// these parts as its own training has left them, and keeps what comes out. In its first round they are the
/// global model's.
///
/// What it sends has them like all else, so that the global model carries their average, for clients that
/// are new and for tests. With the parts that are batch normalisations it is FedBN.
///
/// Source: Li, Jiang, Zhang, Kamp and Dou, "FedBN: federated learning on non-IID features via local batch
/// normalization", ICLR 2021, Algorithm 1.
public struct KeptParts: UpdateTransform, Hashable {
    /// Where in the model they lie, in ascending order, none in another's.
    public let ranges: [Range<Int>]
    /// The name that the command and clients know it by: "local-statistics".
    public static let name = "local-statistics"
    /// The name of what a client keeps.
    public static let kept = "own parts"

    /// Keeps these ranges of a model's parameters; what lies beyond the model's end is nothing.
    public init(_ ranges: [Range<Int>]) { self.ranges = ranges }

    /// Where the client is: what it goes on from is nobody else's.
    public var place: TransformPlace { .client }
    /// "local-statistics".
    public var description: String { Self.name }
    /// The parts, and zeros in the place of all others.
    public var clientStateNames: [String] { [Self.kept] }

    /// It does not go with strategies that take a change for the sum of a client's steps from the global
    /// model, nor behind a transform that has changed what training has left.
    public func problem(in strategy: Strategy) -> String? {
        let also = "parts of the model begin with the client's own"
        if strategy.objective.usesControlVariates {
            return "control variates are a client's steps from the global model, and with "
                + "\(self) \(also): take another strategy"
        }
        if strategy.transforms.contains(where: { $0 is NormalizedChange }) {
            return
                "changes are divided by the steps that they took from the global model, and with "
                + "\(self) \(also): take another strategy"
        }
        if let first = strategy.clientTransforms.first, !(first is KeptParts) {
            return "\(self) keeps what training has left, and has to come before \(first)"
        }
        return nil
    }

    /// x with the parts that the client has kept.
    public func start(
        from model: ParameterVector, own: [String: ParameterVector]
    ) -> ParameterVector {
        guard let kept = own[Self.kept], kept.count == model.count else { return model }
        var start = model
        start.withUnsafeMutableBufferPointer { to in
            kept.withUnsafeBufferPointer { from in copy(from, to) }
        }
        return start
    }

    /// Keeps the parts of the trained model, and leaves the update as it is.
    public func prepare(
        _ contribution: inout Contribution, _ context: ClientContext
    ) throws(AggregationError) {
        let trained = contribution.value.model(after: context.model)
        contribution.clientState[Self.kept] = ParameterVector(count: trained.count) { to in
            trained.withUnsafeBufferPointer { from in copy(from, to) }
        }
    }

    private func copy(
        _ from: UnsafeBufferPointer<Float>, _ to: UnsafeMutableBufferPointer<Float>
    ) {
        for range in ranges {
            for index in range.clamped(to: 0..<to.count) { to[index] = from[index] }
        }
    }
}

extension Strategy {
    /// Whether clients begin a round with parts of their own model.
    public var keepsParts: Bool { transforms.contains { $0 is KeptParts } }
}
