import Parameters

/// What an executor is to do, in the order given. Each that is answered is answered once.
public enum RunOrder: Sendable {
    /// Too few clients are there: the round opens when there are `count`.
    case awaitClients(round: Int, count: Int)
    /// A round is open for these clients.
    case opened(round: Int, cohort: [Int])
    /// Too few took part, as chance had it: what is under way for the round is dropped.
    case abandoned(round: Int)
    /// The round's deadline has passed with too few updates: it stays open for as long again.
    case extended(round: Int, updates: Int)
    /// Let a client train, or offer it the task. Answered by `trained`, `failed` or `lost`.
    case train(TrainingTask)
    /// Answered by `folded`; on any thread.
    case fold(FoldWork)
    /// What has become of an update that came. That it is rejected or lost is said with the event that
    /// brought it, and so is that a failure is rejected.
    case settled(client: Int, round: Int, Settlement)
    /// Answered by `aggregated`; on any thread.
    case aggregate(AggregationWork)
    /// Test a model. Answered by `evaluated`.
    case evaluate(EvaluationSubject, round: Int, UpdateValue, after: ParameterVector)
    /// Make a round permanent. Answered by `committed` or `notCommitted`; one at a time.
    case commit(CommittedRound, FederationState)
    /// Say `deadline` after so many seconds, in place of what was to be said before; nil for never.
    case wake(round: Int, afterSeconds: Double?)
    /// The run is over; drop what is still being done.
    case end(RunResult)
}

/// A client's work in a round.
public struct TrainingTask: Sendable {
    /// The client.
    public var client: Int
    /// The round.
    public var round: Int
    /// What the round began with; it shares memory with all others of the round.
    public var state: FederationState
    /// Whether, as chance has it, its update never arrives.
    public var dropsOut: Bool

    /// Work that was ordered where this is not.
    public init(client: Int, round: Int, state: FederationState, dropsOut: Bool) {
        self.client = client
        self.round = round
        self.state = state
        self.dropsOut = dropsOut
    }
}

/// What has become of an update.
public enum Settlement: Sendable, Equatable {
    /// It is in the aggregate.
    case folded
    /// The aggregate does not take it.
    case refused(AggregationError)
    /// The round does not.
    case rejected(RoundEngine.Rejection)
    /// It was lost on its way, as chance has it.
    case lost
}

/// How a run came out.
public struct RunResult: Sendable {
    /// How it ended.
    public var outcome: Outcome
    /// The last committed global model (the initial one if no round was).
    public var model: ParameterVector
    /// The committed rounds, those included that it went on from.
    public var rounds: [CommittedRound]
    /// Why a round could not be committed; the run then ended as interrupted after those that were.
    public var commitError: (any Error)?

    /// The result of a run.
    public init(
        outcome: Outcome, model: ParameterVector, rounds: [CommittedRound],
        commitError: (any Error)? = nil
    ) {
        self.outcome = outcome
        self.model = model
        self.rounds = rounds
        self.commitError = commitError
    }
}
