/// What a client did in one of the rounds that it had a part in.
public struct ClientRound: Equatable, Sendable {
    /// The round, 1…R.
    public var round: Int
    /// Its accuracy after local training, 0…1; nil where it was not tested.
    public var accuracy: Double?
    /// Its loss in nats.
    public var loss: Double?
    /// Its training samples; 0 where it gave no update.
    public var samples: Int
    /// Its samples per class; empty where they are not known.
    public var classCounts: [Int]
    /// How far its update moved the model: see `ChangeMeasure`.
    public var updateNorm: Double?
    /// The cosine of that with the change that the global model made in the round before.
    public var updateCosine: Double?

    /// A part in a round.
    public init(
        round: Int, accuracy: Double? = nil, loss: Double? = nil, samples: Int = 0,
        classCounts: [Int] = [], updateNorm: Double? = nil, updateCosine: Double? = nil
    ) {
        self.round = round
        self.accuracy = accuracy
        self.loss = loss
        self.samples = samples
        self.classCounts = classCounts
        self.updateNorm = updateNorm
        self.updateCosine = updateCosine
    }

    /// Whether nothing came of it.
    var isEmpty: Bool {
        accuracy == nil && loss == nil && samples == 0 && classCounts.isEmpty && updateNorm == nil
            && updateCosine == nil
    }
}
