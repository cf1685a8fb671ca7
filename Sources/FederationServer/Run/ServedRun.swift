import Federation
import FederationWire
import Foundation
import Parameters

/// A run as a server takes it over: what it is, where it stands, and what the server cannot do
/// itself, because it knows neither networks nor data nor disks.
public struct ServedRun: Sendable {
    /// Tests a model of a round.
    public typealias Evaluate =
        @Sendable (EvaluationSubject, _ round: Int, ParameterVector) async -> (
            Evaluation, seconds: Double
        )

    /// What clients must know of it.
    public var settings: RunSettings
    /// What it is, for the page.
    public var facts: RunState.Facts
    /// What is to be done.
    public var plan: RunPlan
    /// What the federation knows after the rounds that are committed.
    public var state: FederationState
    /// The rounds that are committed already.
    public var rounds: [CommittedRound]
    /// Updates of the round that comes next which an earlier life of the server has acknowledged.
    public var keptUpdates: [ModelUpdate]
    /// Makes an update outlive the server until its round is committed. Asked before a client of the
    /// plain API is told that its model counts, because that client has no way to learn otherwise; nil
    /// where nothing outlives the server.
    public var keep: (@Sendable (ModelUpdate) async throws -> Void)?
    /// When the run began, in an earlier life of the server perhaps.
    public var startedAt: Date
    /// How much a client with so many samples trains in a round.
    public var work: @Sendable (_ samples: Int, _ client: Int, _ round: Int) -> LocalWork
    /// Tests a model, which is a client's or the global one of a round, and says how many seconds that
    /// took over all threads. Must do its work on threads of its own, and is asked for one at a time.
    public var evaluate: Evaluate
    /// Makes a round permanent, with what is known after it.
    public var commit: @Sendable (CommittedRound, FederationState) async throws -> Void
    /// Called once when the run has ended by itself.
    public var finish: @Sendable (Outcome, ParameterVector) async -> Void

    /// A run that is to be served.
    /// - Parameter facts: what the page lists; nil for no more than clients, rounds and experiment.
    /// - Precondition: the plan waits for clients, and for commits: what a client is told counts is
    ///   permanent.
    public init(
        settings: RunSettings, facts: RunState.Facts? = nil, plan: RunPlan,
        state: FederationState, rounds: [CommittedRound] = [], keptUpdates: [ModelUpdate] = [],
        keep: (@Sendable (ModelUpdate) async throws -> Void)? = nil,
        startedAt: Date = Date(),
        work: @escaping @Sendable (_ samples: Int, _ client: Int, _ round: Int) -> LocalWork,
        evaluate: @escaping Evaluate,
        commit: @escaping @Sendable (CommittedRound, FederationState) async throws -> Void,
        finish: @escaping @Sendable (Outcome, ParameterVector) async -> Void
    ) {
        precondition(plan.rules.waitsForClients, "clients of a server come and go")
        precondition(!plan.opensBeforeCommit, "a served round opens when the last is permanent")
        self.settings = settings
        self.facts =
            facts
            ?? RunState.Facts(
                id: settings.run.text, experiment: settings.experiment,
                clients: settings.clients, rounds: settings.rounds)
        self.plan = plan
        self.state = state
        self.rounds = rounds
        self.keptUpdates = keptUpdates
        self.keep = keep
        self.startedAt = startedAt
        self.work = work
        self.evaluate = evaluate
        self.commit = commit
        self.finish = finish
    }

    /// Whether an earlier life of the server has acknowledged an update of that client in that round,
    /// which has not been taken up again yet.
    func hasKept(_ client: Int, _ round: Int) -> Bool {
        keptUpdates.contains { $0.client == client && $0.round == round }
    }
}
