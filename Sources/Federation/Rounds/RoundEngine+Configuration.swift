import Parameters

extension RoundEngine {
    /// What a run is to do.
    ///
    /// Left at their defaults, the rules of a round are those of a run in one process: all clients
    /// are there, all are in each round, and a round closes when each has reported or failed.
    public struct Configuration: Hashable, Sendable, Codable {
        /// How many clients there are, K: their ids are 0…K − 1.
        public let population: Int
        /// How many rounds, R.
        public let rounds: Int
        /// Ends the run after the first round whose global model's accuracy is at least this (0…1).
        public let targetAccuracy: Double?
        /// Ends the run after a tested round when the best accuracy so far is that many rounds old.
        public let patience: Int?
        /// The global model is tested after each so many rounds, and after the last.
        public let evaluationInterval: Int
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
        /// How clients of a run in one process fail to take part.
        public let participation: Participation
        /// Whether a client whose training diverges, or whose update the sum refuses, only loses its
        /// place; else it ends the run.
        public let dropsDiverging: Bool
        /// How long a round stays open; the driver holds the clock and says `deadlinePassed`.
        public let roundDeadlineSeconds: Double?

        /// Any rules, possible or not: see `problem`.
        /// - Parameters:
        ///   - cohortSize: nil for all clients.
        ///   - goal: nil for `cohortSize`.
        public init(
            population: Int, rounds: Int, targetAccuracy: Double? = nil, patience: Int? = nil,
            evaluationInterval: Int = 1, evaluatesClients: Bool = true, seed: UInt64 = 0,
            cohortSize: Int? = nil, overSelection: Double = 1, goal: Int? = nil,
            minimumClients: Int = 1, waitsForClients: Bool = false,
            participation: Participation = Participation(), dropsDiverging: Bool = false,
            roundDeadlineSeconds: Double? = nil
        ) {
            self.population = population
            self.rounds = rounds
            self.targetAccuracy = targetAccuracy
            self.patience = patience
            self.evaluationInterval = evaluationInterval
            self.participation = participation
            self.evaluatesClients = evaluatesClients
            self.seed = seed
            self.cohortSize = cohortSize ?? population
            self.overSelection = overSelection
            self.goal = goal ?? self.cohortSize
            self.minimumClients = minimumClients
            self.waitsForClients = waitsForClients
            self.dropsDiverging = dropsDiverging
            self.roundDeadlineSeconds = roundDeadlineSeconds
        }

        /// Clients and rounds that random streams tell apart, and that messages number.
        public static let countLimit = Int(Int32.max)

        /// Why no run can have these rules; nil where one can.
        ///
        /// There are a client and a round at least, 1 ≤ cohort size ≤ population, 1 ≤ over-selection,
        /// 1 ≤ minimum ≤ goal ≤ `places`, and only a run that does not wait for clients simulates
        /// participation.
        public var problem: RoundRulesError? {
            guard (1...Self.countLimit).contains(population) else { return .population(population) }
            guard (1...Self.countLimit).contains(rounds) else { return .rounds(rounds) }
            if let patience, patience < 1 { return .patience(patience) }
            guard evaluationInterval >= 1 else { return .evaluationInterval(evaluationInterval) }
            guard (1...population).contains(cohortSize) else {
                return .cohort(cohortSize, population: population)
            }
            guard overSelection >= 1, overSelection.isFinite else {
                return .overSelection(overSelection)
            }
            guard (1...places).contains(goal) else { return .goal(goal, places: places) }
            guard (1...goal).contains(minimumClients) else {
                return .minimum(minimumClients, goal: goal)
            }
            guard participation.isCertain || !waitsForClients else { return .chanceForRealClients }
            if let problem = participation.problem { return problem }
            if let seconds = roundDeadlineSeconds, !(seconds > 0 && seconds.isFinite) {
                return .deadline(seconds)
            }
            return nil
        }

        /// These rules, if a run can have them: for what comes from outside.
        /// - Throws: `RoundRulesError`.
        public func validated() throws(RoundRulesError) -> Configuration {
            if let problem { throw problem }
            return self
        }

        /// How many clients have a place in a round: ⌈cohort size · over-selection⌉, if there are
        /// so many.
        public var places: Int {
            min(population, DecimalShare.ceiling(overSelection, of: cohortSize))
        }

        /// Whether the run has a client of that id.
        func contains(_ client: Int) -> Bool { (0..<population).contains(client) }

        /// Whether the global model is tested after that round.
        func evaluates(after round: Int) -> Bool {
            round.isMultiple(of: evaluationInterval) || round == rounds
        }
    }
}
