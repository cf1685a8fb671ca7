import TestThreads
import Testing
import Federation

@Suite("Which clients a round has", .holdsItsThread)
struct CohortTests {
    @Test("The cohort is the seed's and the round's, and each client's turn comes equally often")
    func uniform() {
        var chosen = [Int: Int]()
        var pairs = [Set<Int>: Int]()
        for seed in UInt64(0)..<2000 {
            var one = engine(clients: 10, seed: seed, cohort: 3)
            let cohort = one.handle(.begin).cohort ?? []
            #expect(cohort.count == 3)
            #expect(cohort == cohort.sorted() && Set(cohort).count == 3)
            var two = engine(clients: 10, seed: seed, cohort: 3)
            #expect(two.handle(.begin).cohort == cohort)
            for client in cohort { chosen[client, default: 0] += 1 }
            pairs[Set(cohort.prefix(2)), default: 0] += 1
        }
        // 600 expected of each, standard deviation 20.5.
        #expect(chosen.count == 10)
        #expect(chosen.values.allSatisfy { (500...700).contains($0) }, "\(chosen)")
        #expect(pairs.count == 36)
    }

    @Test("Rounds draw anew; those who joined in another order give the same cohort")
    func roundsDiffer() {
        var cohorts: [[Int]] = []
        var engine = engine(clients: 40, rounds: 6, cohort: 8)
        var effects = engine.handle(.begin)
        while let cohort = effects.cohort {
            cohorts.append(cohort)
            let round = cohorts.count
            for client in cohort { engine.report(client, round) }
            effects = engine.handle(.globalEvaluated(round: round, good))
        }
        #expect(engine.outcome == .completed)
        #expect(Set(cohorts).count == 6)

        for order in [Array(0..<40), (0..<40).reversed()] {
            var served = self.served(clients: 40, cohort: 8)
            _ = served.handle(.begin)
            let opening = served.handle(all: order.map { .clientJoined(client: $0) })
            #expect(opening.cohort == cohorts[0])
            #expect(opening.trained == cohorts[0])
        }
    }

    @Test("Over-selection asks more clients than the goal, rounded up, and no more than there are")
    func overSelection() {
        for (clients, cohort, over, places) in [
            (20, 10, 1.3, 13), (20, 7, 1.3, 10), (12, 10, 1.3, 12), (5, 5, 100, 5), (9, 3, 1, 3),
        ] {
            var simulated = engine(clients: clients, cohort: cohort, over: over)
            #expect(simulated.configuration.places == places)
            #expect(simulated.configuration.goal == cohort)
            // Where it is known that all take part, those in excess are spared the work.
            let chosen = simulated.handle(.begin).cohort ?? []
            #expect(chosen.count == cohort)
            var served = engine(clients: clients, cohort: cohort, over: over, waits: true)
            let asked = served.handle(
                all: [.begin] + (0..<clients).map { .clientJoined(client: $0) }
            ).cohort
            #expect(asked?.count == places)
            #expect(Set(chosen).isSubset(of: asked ?? []))
        }
    }

    private func served(clients: Int, cohort: Int) -> RoundEngine {
        engine(clients: clients, cohort: cohort, waits: true)
    }
}
