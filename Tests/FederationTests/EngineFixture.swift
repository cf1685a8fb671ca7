import Federation

let good = Evaluation(accuracy: 0.5, loss: 0.5, count: 10)
let gone = ClientFailure(.absence, reason: "it hung up")

/// Engines of runs without clients' evaluation: folding an update is all there is to report.
func engine(
    clients: Int = 5, rounds: Int = 3, seed: UInt64 = 1, cohort: Int? = nil, over: Double = 1,
    goal: Int? = nil, minimum: Int = 1, waits: Bool = false, deadline: Double? = nil
) -> RoundEngine {
    RoundEngine(
        .init(
            population: clients, rounds: rounds, evaluatesClients: false, seed: seed,
            cohortSize: cohort, overSelection: over, goal: goal, minimumClients: minimum,
            waitsForClients: waits, roundDeadlineSeconds: deadline))
}

extension RoundEngine {
    /// An update that comes and is folded in at once.
    @discardableResult
    mutating func report(_ client: Int, _ round: Int = 1) -> [RoundEngine.Effect] {
        let taken = handle(.updateReceived(client: client, round: round, sampleCount: client + 1))
        guard taken == [.accept(client: client, round: round)] else { return taken }
        return handle(.updateFolded(client: client, round: round))
    }

    /// The effects of events, one after the other.
    @discardableResult
    mutating func handle(all events: [RoundEngine.Event]) -> [RoundEngine.Effect] {
        events.flatMap { handle($0) }
    }
}

extension [RoundEngine.Effect] {
    var cohort: [Int]? {
        compactMap { if case .openRound(_, let cohort) = $0 { cohort } else { nil } }.first
    }

    var trained: [Int] {
        compactMap { if case .train(let client, _) = $0 { client } else { nil } }
    }
}

let closing: [RoundEngine.Effect] = [.aggregate(round: 1), .evaluateGlobal(round: 1)]
