import Tensors

/// What a client hands back after a round of local training.
public struct ModelUpdate: Sendable, Equatable {
    /// The client's id.
    public var client: Int
    /// The round it was trained in, 1…R.
    public var round: Int
    /// How many training samples the client has: its weight in the mean.
    public var sampleCount: Int
    /// The trained model, whole (not a difference).
    public var parameters: ParameterVector

    /// An update of `client` in `round`.
    public init(client: Int, round: Int, sampleCount: Int, parameters: ParameterVector) {
        self.client = client
        self.round = round
        self.sampleCount = sampleCount
        self.parameters = parameters
    }
}
