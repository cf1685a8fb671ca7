import Parameters

/// What a client's update adds to a round, made ready to be folded.
///
/// Making it takes a pass over the model for some strategies, and may be done on any thread; folding is
/// the aggregator's.
public struct Contribution: Sendable {
    /// A vector beside the update's own, with a weight of its own.
    public struct Extra: Sendable {
        /// What it is: the same word in every client's contribution.
        public var name: String
        /// How much it weighs in its own mean.
        public var weight: Int
        /// The numbers, as many as the model has.
        public let vector: ParameterVector
        /// Its magnitudes, found when its numbers were still in the cache.
        let extent: ParameterVector.Extent

        /// A vector that is averaged beside the updates.
        public init(_ name: String, weight: Int, _ vector: ParameterVector) {
            self.name = name
            self.weight = weight
            self.vector = vector
            extent = vector.inspect()
        }
    }

    /// Whose it is.
    public let client: Int
    /// Its round.
    public let round: Int
    /// n_i, the client's samples.
    public let sampleCount: Int
    /// How much it weighs.
    public var weight: Int
    /// The client's model, or what is averaged in its place.
    public var value: UpdateValue {
        didSet { extent = nil }
    }
    /// The value's magnitudes, once they have been found.
    private(set) var extent: ParameterVector.Extent?
    /// What is averaged beside it: SCAFFOLD's (x − y_i) / (K_i η_l).
    public var extras: [Extra]
    /// Numbers whose mean by `weight` the server rule gets: FedNova's a_i.
    public var numbers: [String: Double]
    /// How far the client's update moves the model, as it was sent; it has no part in the aggregate.
    public var change = ChangeMeasure()
    /// What the strategy keeps for the client from now on, by name; the rest stays as it is.
    public var clientState: [String: ParameterVector]

    /// A client's update as it stands.
    public init(
        client: Int, round: Int, sampleCount: Int, weight: Int, value: UpdateValue,
        extras: [Extra] = [], numbers: [String: Double] = [:],
        clientState: [String: ParameterVector] = [:]
    ) {
        self.client = client
        self.round = round
        self.sampleCount = sampleCount
        self.weight = weight
        self.value = value
        self.extras = extras
        self.numbers = numbers
        self.clientState = clientState
    }

    /// Takes over what is known of the value's magnitudes, or finds them.
    mutating func measure(_ known: ParameterVector.Extent? = nil) {
        extent = extent ?? known ?? value.vector.inspect()
    }

    /// The value as an accumulator takes it.
    var weighted: ModelUpdate {
        ModelUpdate(
            client: client, round: round, sampleCount: weight, parameters: value.vector,
            extent: extent ?? value.vector.inspect())
    }

    /// What is averaged beside it under that name, as an accumulator takes it; nil if nothing is.
    func weighted(_ name: String) -> ModelUpdate? {
        extras.first { $0.name == name }.map { extra in
            ModelUpdate(
                client: client, round: round, sampleCount: extra.weight,
                parameters: extra.vector, extent: extra.extent)
        }
    }
}
