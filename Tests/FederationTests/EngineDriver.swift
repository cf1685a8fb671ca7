import Federation

extension RoundEngine {
    /// Carries out effects at once, as a run in one process does, until nothing more comes.
    /// - Parameter accuracy: the global model's after a round.
    @discardableResult
    mutating func drive(accuracy: (_ round: Int) -> Double) -> [Effect] {
        var queue: [Event] = [.begin]
        var all: [Effect] = []
        var handled = 0
        while handled < queue.count {
            let effects = handle(queue[handled])
            handled += 1
            all += effects
            for effect in effects {
                switch effect {
                case .train(let client, let round):
                    queue.append(
                        .updateReceived(client: client, round: round, sampleCount: client + 1))
                case .accept(let client, let round):
                    queue.append(.updateFolded(client: client, round: round))
                case .evaluateClient(let client, let round):
                    queue.append(
                        .clientEvaluated(
                            client: client, round: round,
                            Evaluation(accuracy: 0.5, loss: 1, count: 10)))
                case .evaluateGlobal(let round):
                    queue.append(
                        .globalEvaluated(
                            round: round, Evaluation(accuracy: accuracy(round), loss: 1, count: 10))
                    )
                default: break
                }
            }
        }
        return all
    }
}

extension [RoundEngine.Effect] {
    /// How often a client was asked to train.
    var trainings: Int { count { if case .train = $0 { true } else { false } } }
    /// How often a round was begun again.
    var abandonments: Int { count { if case .abandon = $0 { true } else { false } } }
    /// Updates that did not count.
    var rejections: [RoundEngine.Effect] { filter { if case .reject = $0 { true } else { false } } }
    /// After which rounds the global model was tested.
    var tested: [Int] {
        compactMap { if case .evaluateGlobal(let round) = $0 { round } else { nil } }
    }
}
