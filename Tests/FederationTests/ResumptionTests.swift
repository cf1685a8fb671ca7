import TestThreads
import Testing
import Federation

private typealias Effect = RoundEngine.Effect

@Suite("Going on from committed rounds", .holdsItsThread)
struct ResumptionTests {
    private func records(_ count: Int, accuracy: Double = 0.5) -> [RoundRecord] {
        (0..<count).map {
            RoundRecord(
                round: $0 + 1, clients: [.init(client: 0, sampleCount: 3)],
                global: Evaluation(accuracy: accuracy, loss: 1, count: 1))
        }
    }

    @Test("The next round opens as in an undisturbed run")
    func goesOn() {
        let configuration = RoundEngine.Configuration(
            population: 30, rounds: 5, evaluatesClients: false, seed: 9, cohortSize: 4)
        var whole = RoundEngine(configuration)
        var effects = whole.handle(.begin)
        while let cohort = effects.cohort {
            let round = whole.currentRound
            var resumed = RoundEngine(configuration, resuming: whole.records)
            #expect(resumed.currentRound == round)
            #expect(resumed.handle(.begin) == effects.filter { !$0.isCommit })
            for client in cohort { whole.report(client, round) }
            effects = whole.handle(.globalEvaluated(round: round, good))
        }
        #expect(whole.outcome == .completed)
        #expect(whole.records.count == 5)
    }

    @Test("A run that was over is over")
    func finished() {
        var complete = RoundEngine(.init(population: 1, rounds: 3), resuming: records(3))
        #expect(complete.handle(.begin) == [.finish(.completed)])
        let target = RoundEngine.Configuration(population: 1, rounds: 9, targetAccuracy: 0.4)
        var reached = RoundEngine(target, resuming: records(2))
        #expect(reached.handle(.begin) == [.finish(.reachedTarget(round: 2))])
        #expect(reached.records == records(2))
    }
}

extension RoundEngine.Effect {
    fileprivate var isCommit: Bool { if case .commit = self { true } else { false } }
}
