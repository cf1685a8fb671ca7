import Parameters

/// A client's update as it comes to the server, after the transforms that run where the client is.
public struct ClientUpdate: Sendable {
    /// Whose it is.
    public var client: Int
    /// Its round.
    public var round: Int
    /// n_i, the client's samples.
    public var sampleCount: Int
    /// The client's model, or what its transforms made of it.
    public let value: UpdateValue
    /// Its magnitudes, found when its numbers were still in the cache.
    let extent: ParameterVector.Extent
    /// Numbers that its transforms added.
    public var numbers: [String: Double]
    /// Whether the client has applied its transforms; one that knows nothing of them, as those of the
    /// plain API, leaves that to the server.
    public var isPrepared: Bool

    /// An update that comes from a client.
    public init(
        client: Int, round: Int, sampleCount: Int, value: UpdateValue,
        numbers: [String: Double] = [:], isPrepared: Bool
    ) {
        self.client = client
        self.round = round
        self.sampleCount = sampleCount
        self.value = value
        extent = value.vector.inspect()
        self.numbers = numbers
        self.isPrepared = isPrepared
    }

    /// A trained model as it is.
    public init(_ update: ModelUpdate) {
        client = update.client
        round = update.round
        sampleCount = update.sampleCount
        value = .model(update.parameters)
        extent = update.extent
        numbers = [:]
        isPrepared = false
    }
}
