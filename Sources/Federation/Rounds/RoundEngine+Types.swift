extension RoundEngine {
    /// What happened outside.
    public enum Event: Equatable, Sendable {
        /// The run is to start. Counts once.
        case begin
        /// A client is there (again) and may be given a place.
        case clientJoined(client: Int)
        /// A client has left or vanished; `reason` is a clause: "no heartbeat for 3 s".
        case clientLost(client: Int, reason: String)
        /// The time of the open round is over, or that of waiting for clients to open it. A driver
        /// starts its clock at `openRound`, `extendRound` and `awaitClients`, and drops it at what
        /// follows.
        case deadlinePassed(round: Int)
        /// A client's update has come and looks right; its vector stays with the driver.
        case updateReceived(client: Int, round: Int, sampleCount: Int)
        /// The accepted update is in the aggregate.
        case updateFolded(client: Int, round: Int)
        /// The aggregate does not take the accepted update: the client has failed.
        case updateRefused(client: Int, round: Int, failure: ClientFailure)
        /// A client could not do its part.
        case clientFailed(client: Int, round: Int, failure: ClientFailure)
        /// A client's own model has been tested (it may come before the update).
        case clientEvaluated(client: Int, round: Int, Evaluation)
        /// The aggregate makes no model: the run ends. The driver drops what it was asked for after
        /// `aggregate`: the test, or the commit of a round without one and what follows that.
        case aggregateFailed(round: Int, failure: ClientFailure)
        /// The round's new global model has been tested.
        case globalEvaluated(round: Int, Evaluation)
        /// The user wants the run to end now.
        case stopRequested
    }

    /// What the driver is to do now, in the order given.
    public enum Effect: Equatable, Sendable {
        /// Too few clients are there: the round opens when there are `count`, or, once the deadline
        /// has passed, with the minimum.
        case awaitClients(round: Int, count: Int)
        /// Make an empty aggregate; these clients are in the round.
        case openRound(round: Int, cohort: [Int])
        /// Drop the round's aggregate and updates; it starts again from its committed model.
        case abandon(round: Int)
        /// Its deadline has passed with too few updates: the round stays open for as long again.
        case extendRound(round: Int, updates: Int)
        /// Let a client train on the global model (in process), or offer it the task (served).
        case train(client: Int, round: Int)
        /// Fold the update into the aggregate, then say `updateFolded` or `updateRefused`.
        case accept(client: Int, round: Int)
        /// What the event brought is not taken; nothing has changed.
        case reject(client: Int, round: Int, Rejection)
        /// Test the client's own model.
        case evaluateClient(client: Int, round: Int)
        /// Make the next global model from the aggregate; no update will join it any more.
        case aggregate(round: Int)
        /// Test the new global model.
        case evaluateGlobal(round: Int)
        /// Make the round permanent before any effect that follows.
        case commit(RoundRecord)
        /// The run is over; drop what is still being done.
        case finish(Outcome)
    }

    /// Why an event of a client is not taken.
    public enum Rejection: Error, Hashable, Sendable, CustomStringConvertible {
        /// No client of the run has that id.
        case unknownClient
        /// The run has not begun, is between rounds, or is over.
        case noRoundOpen
        /// Another round is open.
        case wrongRound(open: Int)
        /// The client has no place in the open round.
        case notChosen
        /// The client has already reported this in this round, or has failed.
        case duplicate
        /// The round has all the updates that it takes.
        case goalReached
        /// The round takes no more updates: its time is over.
        case deadlinePassed
        /// What is folded or refused was never accepted.
        case notAccepted
        /// Clients' models are not evaluated in this run.
        case notAsked

        /// Why, as a clause.
        public var description: String {
            switch self {
            case .unknownClient: "no client of this run has that id"
            case .noRoundOpen: "no round is open"
            case .wrongRound(let open): "round \(open) is open"
            case .notChosen: "the client has no place in this round"
            case .duplicate: "the client has already reported in this round"
            case .goalReached: "the round has all the updates it takes"
            case .deadlinePassed: "the round's deadline has passed"
            case .notAsked: "clients' models are not evaluated in this run"
            case .notAccepted: "no update of the client has been accepted in this round"
            }
        }
    }

    /// Where a run stands.
    public enum Phase: Hashable, Sendable {
        /// Waiting for `begin`.
        case idle
        /// Waiting for enough clients to open a round.
        case waiting(round: Int)
        /// Clients train, report and are evaluated.
        case open(round: Int)
        /// No more updates are taken; the new global model is being made and tested.
        case closing(round: Int)
        /// Nothing more will happen.
        case finished(Outcome)
    }
}
