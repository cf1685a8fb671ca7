import Parameters

/// A step that an update goes through on its way into the mean: a client half before it leaves, and a
/// server half on the aggregate.
///
/// Both depend on their arguments alone, so that a run gives the same bits wherever they are carried
/// out. Noise is drawn from `RandomStream`s of the context's seed.
public protocol UpdateTransform: Sendable, CustomStringConvertible {
    /// Where the client half runs. One that runs where the client is hides from the server what the
    /// update was, or spares the network what it need not carry.
    var place: TransformPlace { get }
    /// What it keeps for each client from round to round, in words; each as long as the model.
    var clientStateNames: [String] { get }
    /// The names of the vectors that it adds to each contribution.
    var extraNames: [String] { get }
    /// Why it can't be a part of that strategy, as a sentence's end ("FedNova needs …"); nil if it can.
    func problem(in strategy: Strategy) -> String?
    /// What the client begins its training with, in the place of the global model. By itself it is that.
    /// - Parameters:
    ///   - model: x, or what the transform before has made of it.
    ///   - own: what the transforms keep for this client.
    func start(from model: ParameterVector, own: [String: ParameterVector]) -> ParameterVector
    /// The client half: changes what the client adds to the round.
    /// - Throws: `AggregationError` where the update makes no sense.
    func prepare(
        _ contribution: inout Contribution, _ context: ClientContext
    ) throws(AggregationError)
    /// The server half: changes what came of the round. The last transform's comes first.
    /// - Throws: `AggregationError`, which ends the run.
    func complete(_ aggregate: inout Aggregate, _ context: RoundContext) throws(AggregationError)
}

extension UpdateTransform {
    /// None: it keeps nothing for clients.
    public var clientStateNames: [String] { [] }
    /// None: it adds no vectors.
    public var extraNames: [String] { [] }
    /// The global model.
    public func start(
        from model: ParameterVector, own: [String: ParameterVector]
    ) -> ParameterVector { model }
    /// None: it goes with any strategy.
    public func problem(in strategy: Strategy) -> String? { nil }
    /// Leaves the aggregate as it is.
    public func complete(
        _ aggregate: inout Aggregate, _ context: RoundContext
    ) throws(AggregationError) {}
}

/// Where a transform's client half runs.
public enum TransformPlace: Hashable, Sendable {
    /// Where the client is: only `value`, `numbers` and `clientState` of a contribution may be changed,
    /// and of the context only what a client has is there. `description` is how a client is told of it.
    /// What leaves the client then is a change, never a model.
    case client
    /// Where the update is folded.
    case server
}

/// What a transform's client half knows.
public struct ClientContext: Sendable {
    /// The client.
    public var client: Int
    /// The round.
    public var round: Int
    /// The run's seed.
    public var seed: UInt64
    /// x, the global model that the round began with.
    public var model: ParameterVector
    /// How much the client trained.
    public var work: LocalWork
    /// What the server rule keeps; empty where the client is.
    public var server: [String: ParameterVector]
    /// What the strategy keeps for this client.
    public var own: [String: ParameterVector]

    /// What there is to know of a client's update.
    public init(
        client: Int, round: Int, seed: UInt64, model: ParameterVector, work: LocalWork,
        server: [String: ParameterVector] = [:], own: [String: ParameterVector] = [:]
    ) {
        self.client = client
        self.round = round
        self.seed = seed
        self.model = model
        self.work = work
        self.server = server
        self.own = own
    }
}

/// What the server's halves know of a round.
public struct RoundContext: Sendable {
    /// The round.
    public var round: Int
    /// N, all clients of the run.
    public var population: Int
    /// The run's seed.
    public var seed: UInt64
    /// x, the global model that the round began with.
    public var model: ParameterVector

    /// What there is to know of a round.
    public init(round: Int, population: Int, seed: UInt64, model: ParameterVector) {
        self.round = round
        self.population = population
        self.seed = seed
        self.model = model
    }
}
