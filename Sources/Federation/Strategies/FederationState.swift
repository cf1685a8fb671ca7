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

    /// A state.
    public init(
        model: ParameterVector, vectors: [String: ParameterVector] = [:],
        numbers: [String: Double] = [:], clients: [Int: [String: ParameterVector]] = [:]
    ) {
        self.model = model
        self.vectors = vectors
        self.numbers = numbers
        self.clients = clients
    }
}
