extension RoundEngine {
    /// What a run is to do.
    ///
    /// Left at their defaults, the rules of a round are those of a run in one process: all clients
    /// are there, all are in each round, and a round closes when each has reported or failed.
    public struct Configuration: Hashable, Sendable, Codable {
        /// The clients' ids, ascending.
        public let clients: [Int]
        /// How many rounds, R.
        public let rounds: Int
        /// Ends the run after the first round whose global model's accuracy is at least this (0…1).
        public let targetAccuracy: Double?
        /// Whether each client's own model is evaluated in each round.
        public let evaluatesClients: Bool
        /// The seed that cohorts are drawn by.
        public let seed: UInt64
        /// How many clients a round is meant for.
        public let cohortSize: Int
        /// How many times `cohortSize` clients are asked, so that stragglers hold up no round: 1 or
        /// more. Source: Bonawitz et al., "Towards federated learning at scale", MLSys 2019 (1.3).
        public let overSelection: Double
        /// How many updates close a round; later ones are rejected.
        public let goal: Int
        /// With fewer updates than this no round closes.
        public let minimumClients: Int
        /// Whether clients must join first and may join later; else all are there from the start.
        public let waitsForClients: Bool
        /// How long a round stays open; the driver holds the clock and says `deadlinePassed`.
        public let roundDeadlineSeconds: Double?

        /// - Parameters:
        ///   - cohortSize: nil for all clients.
        ///   - goal: nil for `cohortSize`.
        /// - Precondition: there is a client, ids differ, `rounds` is at least 1, 1 ≤ cohort size ≤
        ///   clients, 1 ≤ over-selection, and 1 ≤ minimum ≤ goal ≤ `places`.
        public init(
            clients: [Int], rounds: Int, targetAccuracy: Double? = nil,
            evaluatesClients: Bool = true, seed: UInt64 = 0, cohortSize: Int? = nil,
            overSelection: Double = 1, goal: Int? = nil, minimumClients: Int = 1,
            waitsForClients: Bool = false, roundDeadlineSeconds: Double? = nil
        ) {
            precondition(!clients.isEmpty, "a federation needs at least one client")
            precondition(Set(clients).count == clients.count, "a client's id is given twice")
            precondition(rounds > 0, "a run has at least one round, not \(rounds)")
            self.clients = clients.sorted()
            self.rounds = rounds
            self.targetAccuracy = targetAccuracy
            self.evaluatesClients = evaluatesClients
            self.seed = seed
            self.cohortSize = cohortSize ?? clients.count
            self.overSelection = overSelection
            self.goal = goal ?? self.cohortSize
            self.minimumClients = minimumClients
            self.waitsForClients = waitsForClients
            self.roundDeadlineSeconds = roundDeadlineSeconds
            precondition(
                (1...clients.count).contains(self.cohortSize),
                "a cohort of \(self.cohortSize) cannot be drawn from \(clients.count) clients")
            precondition(
                overSelection >= 1 && overSelection.isFinite,
                "over-selection must be at least 1, not \(overSelection)")
            precondition(
                (1...places).contains(self.goal),
                "the goal of a round must be 1 to \(places) updates, not \(self.goal)")
            precondition(
                (1...self.goal).contains(minimumClients),
                "the minimum of a round must be 1 to \(self.goal) updates, not \(minimumClients)")
        }

        /// How many clients have a place in a round: ⌈cohort size · over-selection⌉, if there are
        /// so many.
        public var places: Int {
            let wanted = (Double(cohortSize) * overSelection).rounded(.up)
            return wanted < Double(clients.count) ? Int(wanted) : clients.count
        }

        /// Whether the run has a client of that id, by binary search.
        func contains(_ client: Int) -> Bool {
            var low = 0
            var high = clients.count
            while low < high {
                let middle = (low + high) / 2
                if clients[middle] < client { low = middle + 1 } else { high = middle }
            }
            return low < clients.count && clients[low] == client
        }
    }
}
