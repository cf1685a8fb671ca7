import Parameters

/// SCAFFOLD's half at the client, option II: what its control variate becomes,
/// c_i⁺ = c_i − c + (x − y_i) / (K_i η_l), of which the last term goes into the server's.
///
/// The server can work it out of the update, so nothing but the model leaves the client.
///
/// Source: see `Strategy.scaffold`.
public struct ControlVariateUpdate: UpdateTransform {
    /// The name of c_i, of c and of what is averaged for it.
    public static let name = "control variate c"

    /// The transform.
    public init() {}

    /// Where the update is folded: the server can work c_i out of the update.
    public var place: TransformPlace { .server }
    /// "control variates".
    public var description: String { "control variates" }
    /// c_i, each client's control variate.
    public var clientStateNames: [String] { [Self.name] }
    /// (x − y_i) / (K_i η_l), averaged without weights.
    public var extraNames: [String] { [Self.name] }

    /// Adds (x − y_i) / (K_i η_l) to the contribution, and keeps c_i⁺ for the client.
    /// - Throws: `AggregationError.notFinite` where c_i⁺ is no finite number.
    public func prepare(
        _ contribution: inout Contribution, _ context: ClientContext
    ) throws(AggregationError) {
        let (control, kept) = controls(of: contribution.value, context)
        if let index = kept.inspect().firstNonFinite,
            let found = NonFiniteNumber(kept.array(in: index..<index + 1)[0])
        {
            throw .notFinite(
                client: context.client, found: found, at: ParameterPlace(index: index))
        }
        // The paper's sum over control variates has no weights.
        contribution.extras.append(Contribution.Extra(Self.name, weight: 1, control))
        contribution.clientState[Self.name] = kept
    }

    /// (x − y_i) / (K_i η_l), and c_i⁺.
    private func controls(
        of value: UpdateValue, _ context: ClientContext
    ) -> (control: ParameterVector, kept: ParameterVector) {
        let work = context.work
        let (server, own) = (context.server[Self.name], context.own[Self.name])
        let zeros = { ParameterVector(zeros: context.model.count) }
        // At a rate that a Float no longer holds nothing moves, and y_i says nothing of the gradient, let
        // alone divided by the rate: c_i and c stay.
        guard work.learningRate >= Double(Float.leastNormalMagnitude) else {
            return (server ?? zeros(), own ?? zeros())
        }
        let scale = Double(work.steps) * work.learningRate
        let control = value.map(with: context.model) { _, change in Float((0 - change) / scale) }
        let correction = Self.correction(server: server, own: own, count: context.model.count)
        return (control, ParameterVector.map(correction, control) { $1 - $0 })
    }

    /// c − c_i.
    static func correction(
        server: ParameterVector?, own: ParameterVector?, count: Int
    ) -> ParameterVector {
        let server = server ?? ParameterVector(zeros: count)
        guard let own else { return server }
        return ParameterVector.map(server, own) { $0 - $1 }
    }
}

/// SCAFFOLD's server half: x ← x + η (ȳ − x), and c ← c + |S| / N · mean_S (c_i⁺ − c_i).
///
/// Source: see `Strategy.scaffold`.
public struct ControlVariateStep: ServerRule {
    /// η.
    public let learningRate: Double

    /// A rule with that rate.
    /// - Precondition: the rate is above 0.
    public init(learningRate: Double = 1) {
        precondition(learningRate > 0, "a server's learning rate must be above 0")
        self.learningRate = learningRate
    }

    /// c, the server's control variate.
    public var vectorNames: [String] { [ControlVariateUpdate.name] }
    /// η, where it is not 1.
    public var settings: [String] { learningRate == 1 ? [] : ["server rate \(learningRate)"] }

    /// It needs clients that correct their steps, and `ControlVariateUpdate` among the transforms.
    public func problem(in strategy: Strategy) -> String? {
        guard strategy.objective.usesControlVariates else {
            return "SCAFFOLD's step needs clients that correct theirs by control variates"
        }
        return strategy.transforms.contains { $0 is ControlVariateUpdate }
            ? nil : "SCAFFOLD's step needs the control variates of clients"
    }

    /// x + η (ȳ − x), and c + |S| / N · (mean − c), each computed in Double and rounded once.
    public func next(
        _ aggregate: inout Aggregate, after state: FederationState, _ context: RoundContext
    ) -> FederationState {
        var next = state
        next.model =
            learningRate == 1
            ? aggregate.value.model(after: state.model)
            : aggregate.value.map(with: state.model) { [learningRate] x, change in
                Float(Double(x) + learningRate * change)
            }
        let name = ControlVariateUpdate.name
        guard let mean = aggregate.extras[name] else { return next }
        let share = Double(aggregate.count) / Double(context.population)
        let before = state.vectors[name] ?? ParameterVector(zeros: state.model.count)
        next.vectors[name] = ParameterVector.map(before, mean) { c, mean in
            Float(Double(c) + share * (Double(mean) - Double(c)))
        }
        return next
    }
}
