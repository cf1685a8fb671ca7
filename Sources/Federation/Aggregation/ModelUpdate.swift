import Parameters

/// What a client hands back after a round of local training.
public struct ModelUpdate: Sendable {
    /// The client's id.
    public var client: Int
    /// The round it was trained in, 1…R.
    public var round: Int
    /// How many training samples the client has: its weight in the mean.
    public var sampleCount: Int
    /// The trained model, whole (not a difference).
    public let parameters: ParameterVector
    /// Its magnitudes, found when the update was made and its numbers were still in the cache.
    let extent: ParameterVector.Extent

    /// An update of `client` in `round`.
    public init(client: Int, round: Int, sampleCount: Int, parameters: ParameterVector) {
        self.client = client
        self.round = round
        self.sampleCount = sampleCount
        self.parameters = parameters
        extent = parameters.inspect()
    }

    /// An update whose numbers have been looked at before.
    init(
        client: Int, round: Int, sampleCount: Int, parameters: ParameterVector,
        extent: ParameterVector.Extent
    ) {
        self.client = client
        self.round = round
        self.sampleCount = sampleCount
        self.parameters = parameters
        self.extent = extent
    }
}

extension ModelUpdate: Equatable {
    /// Whether both are of one client and round, say as many samples, and hold the same bits.
    public static func == (a: ModelUpdate, b: ModelUpdate) -> Bool {
        a.client == b.client && a.round == b.round && a.sampleCount == b.sampleCount
            && a.parameters == b.parameters
    }
}
