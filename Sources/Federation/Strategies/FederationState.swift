import Parameters

/// What a federation knows between two rounds, beyond their records: all that the next one depends on.
public struct FederationState: Sendable, Equatable {
    /// The global model, x.
    public var model: ParameterVector
    /// What the server rule keeps, by the rule's names, each laid out as the model. Empty before the first
    /// round.
    public var vectors: [String: ParameterVector]
    /// Numbers that server rule and transforms keep, by name.
    public var numbers: [String: Double]
    /// What transforms keep for each client seen so far, by client and the transform's names: SCAFFOLD's
    /// cᵢ.
    public var clients: [Int: [String: ParameterVector]]
    /// x′, the global model of the round before, against which updates are held (`ChangeMeasure`); nil
    /// before the second round, and where nobody has kept it. Nothing of the next round depends on it, and it
    /// is no part of what is the same of two states.
    public var previous: ParameterVector?

    /// A state.
    public init(
        model: ParameterVector, vectors: [String: ParameterVector] = [:],
        numbers: [String: Double] = [:], clients: [Int: [String: ParameterVector]] = [:],
        previous: ParameterVector? = nil
    ) {
        self.model = model
        self.vectors = vectors
        self.numbers = numbers
        self.clients = clients
        self.previous = previous
    }

    /// Whether the next round comes out the same after both.
    public static func == (one: FederationState, other: FederationState) -> Bool {
        one.model == other.model && one.vectors == other.vectors && one.numbers == other.numbers
            && one.clients == other.clients
    }
}
