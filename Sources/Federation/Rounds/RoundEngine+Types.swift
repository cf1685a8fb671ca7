extension RoundEngine {
    /// What a run is to do.
    public struct Configuration: Hashable, Sendable, Codable {
        /// The clients' ids, ascending.
        public let clients: [Int]
        /// How many rounds, R.
        public let rounds: Int
        /// Ends the run after the first round whose global model's accuracy is at least this (0…1).
        public let targetAccuracy: Double?
        /// Whether each client's own model is evaluated in each round.
        public let evaluatesClients: Bool

        /// - Precondition: there is a client, ids differ, and `rounds` is at least 1.
        public init(
            clients: [Int], rounds: Int, targetAccuracy: Double? = nil,
            evaluatesClients: Bool = true
        ) {
            precondition(!clients.isEmpty, "a federation needs at least one client")
            precondition(Set(clients).count == clients.count, "a client's id is given twice")
            precondition(rounds > 0, "a run has at least one round, not \(rounds)")
            self.clients = clients.sorted()
            self.rounds = rounds
            self.targetAccuracy = targetAccuracy
            self.evaluatesClients = evaluatesClients
        }
    }

    /// What happened outside.
    public enum Event: Equatable, Sendable {
        /// The run is to start. Counts once.
        case begin
        /// A client's update has come and looks right; its vector stays with the driver.
        case updateReceived(client: Int, round: Int, sampleCount: Int)
        /// The accepted update is in the aggregate.
        case updateFolded(client: Int, round: Int)
        /// A client could not do its part, or its update could not be folded in.
        case clientFailed(client: Int, round: Int, failure: ClientFailure)
        /// A client's own model has been tested (it may come before the update).
        case clientEvaluated(client: Int, round: Int, Evaluation)
        /// The round's new global model has been tested.
        case globalEvaluated(round: Int, Evaluation)
        /// The user wants the run to end now.
        case stopRequested
    }

    /// What the driver is to do now, in the order given.
    public enum Effect: Equatable, Sendable {
        /// Make an empty aggregate; these clients are in the round.
        case openRound(round: Int, cohort: [Int])
        /// Let a client train on the global model (in process), or offer it the task (served).
        case train(client: Int, round: Int)
        /// Fold the update into the aggregate, then say `updateFolded` (or `clientFailed`).
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
        /// The client has already reported this in this round, or has failed.
        case duplicate
        /// What is folded was never accepted.
        case notAccepted
        /// Clients' models are not evaluated in this run.
        case notAsked

        public var description: String {
            switch self {
            case .unknownClient: "no client of this run has that id"
            case .noRoundOpen: "no round is open"
            case .wrongRound(let open): "round \(open) is open"
            case .duplicate: "the client has already reported in this round"
            case .notAsked: "clients' models are not evaluated in this run"
            case .notAccepted: "no update of the client has been accepted in this round"
            }
        }
    }

    /// Where a run stands.
    public enum Phase: Hashable, Sendable {
        /// Waiting for `begin`.
        case idle
        /// Clients train, report and are evaluated.
        case open(round: Int)
        /// All have reported; the new global model is being made and tested.
        case closing(round: Int)
        /// Nothing more will happen.
        case finished(Outcome)
    }
}
