/// Why no run can have such rules; one sentence names the value and what was expected.
public enum RoundRulesError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No client, or more than ids can number.
    case population(Int)
    /// A number of rounds below 1, or more than random streams tell apart.
    case rounds(Int)
    /// A patience of less than a round.
    case patience(Int)
    /// Evaluations less than a round apart.
    case evaluationInterval(Int)
    /// More clients in a round than there are, or none.
    case cohort(Int, population: Int)
    /// Fewer places than the cohort has clients, or without end.
    case overSelection(Double)
    /// A round that closes with more updates than it has places, or with none.
    case goal(Int, places: Int)
    /// More updates wanted than close a round, or none.
    case minimum(Int, goal: Int)
    /// Chances of taking part for clients that come and go of their own.
    case chanceForRealClients
    /// A probability that is none, or with which no client ever takes part.
    case probability(String, Double)
    /// A deadline that is not above 0 and finite.
    case deadline(Double)

    /// One sentence that names the value, its place and what was expected.
    public var description: String {
        switch self {
        case .population(let count):
            "a federation has 1 to \(RoundEngine.Configuration.countLimit) clients, not \(count)"
        case .rounds(let count):
            "a run has 1 to \(RoundEngine.Configuration.countLimit) rounds, not \(count)"
        case .patience(let rounds): "a run's patience is at least one round, not \(rounds)"
        case .evaluationInterval(let rounds):
            "evaluations are at least one round apart, not \(rounds)"
        case .cohort(let count, let population):
            "a cohort of \(count) cannot be drawn from \(population) clients"
        case .overSelection(let factor):
            "over-selection must be at least 1 and finite, not \(factor)"
        case .goal(let goal, let places):
            "the goal of a round must be 1 to \(places) updates, not \(goal)"
        case .minimum(let minimum, let goal):
            "the minimum of a round must be 1 to \(goal) updates, not \(minimum)"
        case .chanceForRealClients:
            "clients that come and go of their own have no probability to do so"
        case .probability(let what, let value):
            "\(what) of \(value) is no probability that a run can have"
        case .deadline(let seconds):
            "a round's deadline must be above 0 and finite, not \(seconds) s"
        }
    }
}
