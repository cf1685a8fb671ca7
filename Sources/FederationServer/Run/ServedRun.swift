import Federation
import FederationWire
import Tensors

/// A run as a server takes it over: what it is, where it stands, and what the server cannot do
/// itself, because it knows neither networks nor data nor disks.
public struct ServedRun: Sendable {
    /// What clients must know of it.
    public var settings: RunSettings
    /// When rounds open and close.
    public var rules: RoundEngine.Configuration
    /// How updates become the next model.
    public var strategy: Strategy
    /// The model's tensors.
    public var layout: ParameterLayout
    /// The rounds that are committed already.
    public var records: [RoundRecord]
    /// How many seconds each of them took, where that is known.
    public var recordSeconds: [Double]
    /// What the federation knows after them.
    public var state: FederationState
    /// How much a client with so many samples trains in a round.
    public var work: @Sendable (_ samples: Int, _ round: Int) -> LocalWork
    /// Tests a model. Must do its work on threads of its own, and is asked for one at a time.
    public var evaluate: @Sendable (ParameterVector) async -> Evaluation
    /// Updates of the round that comes next which an earlier life of the server has acknowledged.
    public var keptUpdates: [ModelUpdate]
    /// Makes an update outlive the server until its round is committed. Asked before a client of the
    /// plain API is told that its model counts, because that client has no way to learn otherwise; nil
    /// where nothing outlives the server.
    public var keep: (@Sendable (ModelUpdate) async throws -> Void)?
    /// Makes a round permanent; how many seconds it took comes last.
    public var commit: @Sendable (RoundRecord, FederationState, Double) async throws -> Void
    /// Called once when the run has ended by itself.
    public var finish: @Sendable (Outcome, ParameterVector) async -> Void

    /// A run that is to be served.
    /// - Precondition: the strategy keeps nothing for each client, for clients keep it to themselves.
    public init(
        settings: RunSettings, rules: RoundEngine.Configuration, strategy: Strategy,
        layout: ParameterLayout, records: [RoundRecord] = [], recordSeconds: [Double] = [],
        state: FederationState, keptUpdates: [ModelUpdate] = [],
        keep: (@Sendable (ModelUpdate) async throws -> Void)? = nil,
        work: @escaping @Sendable (_ samples: Int, _ round: Int) -> LocalWork,
        evaluate: @escaping @Sendable (ParameterVector) async -> Evaluation,
        commit: @escaping @Sendable (RoundRecord, FederationState, Double) async throws -> Void,
        finish: @escaping @Sendable (Outcome, ParameterVector) async -> Void
    ) {
        precondition(
            !strategy.hasClientState, "\(strategy.name) keeps what clients of a server do not send")
        self.settings = settings
        self.rules = rules
        self.strategy = strategy
        self.layout = layout
        self.records = records
        self.recordSeconds = recordSeconds
        self.state = state
        self.keptUpdates = keptUpdates
        self.keep = keep
        self.work = work
        self.evaluate = evaluate
        self.commit = commit
        self.finish = finish
    }
}

/// What `GET /initialize/{clients}/{experiment}/{rounds}` asks for.
public struct RunRequest: Sendable, Hashable {
    public var clients: Int
    public var experiment: Int
    public var rounds: Int

    /// A run of so many clients and rounds.
    public init(clients: Int, experiment: Int, rounds: Int) {
        self.clients = clients
        self.experiment = experiment
        self.rounds = rounds
    }
}
