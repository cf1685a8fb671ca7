import TestThreads
import Testing
import Federation

@Suite("When models are tested, and when a run is over", .holdsItsThread)
struct RunEndTests {
    private func engine(
        rounds: Int, every: Int = 1, target: Double? = nil, patience: Int? = nil
    ) -> RoundEngine {
        RoundEngine(
            .init(
                population: 2, rounds: rounds, targetAccuracy: target, patience: patience,
                evaluationInterval: every, evaluatesClients: false))
    }

    @Test("The model is tested every so many rounds, and after the last", arguments: [1, 2, 3, 10])
    func interval(every: Int) {
        var engine = engine(rounds: 7, every: every)
        let effects = engine.drive { Double($0) / 10 }
        let expected = (1...7).filter { $0 % every == 0 || $0 == 7 }
        #expect(effects.tested == expected)
        #expect(engine.outcome == .completed)
        #expect(
            engine.records.map { $0.global?.accuracy }
                == (1...7).map { expected.contains($0) ? Double($0) / 10 : nil })
    }

    @Test("A target counts in the rounds that are tested")
    func target() {
        var engine = engine(rounds: 10, every: 2, target: 0.5)
        engine.drive { Double($0) / 10 }
        #expect(engine.outcome == .reachedTarget(round: 6))
    }

    @Test("Patience counts rounds since the best, the first of equals")
    func patience() {
        let accuracies = [0.1, 0.5, 0.4, 0.5, 0.9, 0.2]
        let table: [(Int, Outcome, Int)] = [
            (1, .noProgress(rounds: 1), 3), (2, .noProgress(rounds: 2), 4),
            (3, .completed, 6), (6, .completed, 6),
        ]
        for (patience, outcome, rounds) in table {
            var engine = engine(rounds: 6, patience: patience)
            let effects = engine.drive { accuracies[$0 - 1] }
            #expect(engine.outcome == outcome, "patience \(patience)")
            #expect(effects.last == .finish(outcome))
            #expect(engine.records.count == rounds)
            // A run that was over is over.
            var resumed = RoundEngine(engine.configuration, resuming: engine.records)
            #expect(resumed.handle(.begin) == [.finish(outcome)])
        }
    }

    @Test("Between two tests nobody knows whether anything came of it")
    func patienceBetweenTests() {
        var engine = engine(rounds: 20, every: 5, patience: 2)
        engine.drive { $0 == 5 ? 0.4 : $0 == 10 ? 0.6 : 0.5 }
        #expect(engine.outcome == .noProgress(rounds: 5))
        #expect(engine.records.count == 15)
    }
}
