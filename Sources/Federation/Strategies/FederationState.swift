import Tensors

/// What a federation knows between two rounds, beyond their records: all that the next one depends on.
public struct FederationState: Sendable, Equatable {
    /// The global model, x.
    public var model: ParameterVector
    /// What the strategy's server half keeps, each laid out as the model: none for an average, [v] for
    /// momentum, [m, v] for adaptive optimisers, [c] for control variates. Empty before the first round.
    public var optimizer: [ParameterVector]
    /// What the strategy's client half keeps for each client seen so far: SCAFFOLD's cᵢ.
    public var clients: [Int: ParameterVector]

    /// A state.
    public init(
        model: ParameterVector, optimizer: [ParameterVector] = [],
        clients: [Int: ParameterVector] = [:]
    ) {
        self.model = model
        self.optimizer = optimizer
        self.clients = clients
    }
}

extension Strategy.ServerHalf {
    /// What `FederationState.optimizer` holds, in words.
    var vectorNames: [String] {
        switch self {
        case .average, .normalizedAverage: []
        case .optimizer(let optimizer):
            if case .momentum = optimizer.rule {
                ["the server's velocity v"]
            } else {
                ["the server's first moment m", "the server's second moment v"]
            }
        case .controlVariates: ["the control variate c"]
        }
    }
}
