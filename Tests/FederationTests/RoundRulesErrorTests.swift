import Federation
import Parameters
import TestThreads
import Testing

@Suite("Rules that no run can have", .holdsItsThread)
struct RoundRulesErrorTests {
    private typealias Rules = RoundEngine.Configuration

    @Test("One sentence for each kind")
    func sentences() {
        let limit = Rules.countLimit
        let cases: [(RoundEngine.Configuration, RoundRulesError, String)] = [
            (
                Rules(population: 0, rounds: 1), .population(0),
                "a federation has 1 to 2147483647 clients, not 0"
            ),
            (
                Rules(population: limit + 1, rounds: 1), .population(limit + 1),
                "a federation has 1 to 2147483647 clients, not 2147483648"
            ),
            (
                Rules(population: 1, rounds: 0), .rounds(0),
                "a run has 1 to 2147483647 rounds, not 0"
            ),
            (
                Rules(population: 1, rounds: 1, patience: 0), .patience(0),
                "a run's patience is at least one round, not 0"
            ),
            (
                Rules(population: 1, rounds: 1, evaluationInterval: -1), .evaluationInterval(-1),
                "evaluations are at least one round apart, not -1"
            ),
            (
                Rules(population: 5, rounds: 1, cohortSize: 10), .cohort(10, population: 5),
                "a cohort of 10 cannot be drawn from 5 clients"
            ),
            (
                Rules(population: 5, rounds: 1, overSelection: .infinity),
                .overSelection(.infinity),
                "over-selection must be at least 1 and finite, not inf"
            ),
            (
                Rules(population: 5, rounds: 1, goal: 6), .goal(6, places: 5),
                "the goal of a round must be 1 to 5 updates, not 6"
            ),
            (
                Rules(population: 10, rounds: 1, cohortSize: 5, minimumClients: 8),
                .minimum(8, goal: 5), "the minimum of a round must be 1 to 5 updates, not 8"
            ),
            (
                Rules(
                    population: 5, rounds: 1, waitsForClients: true,
                    participation: Participation(availability: 0.5)), .chanceForRealClients,
                "clients that come and go of their own have no probability to do so"
            ),
            (
                Rules(population: 5, rounds: 1, participation: Participation(availability: 0)),
                .probability("an availability", 0),
                "an availability of 0.0 is no probability that a run can have"
            ),
            (
                Rules(population: 5, rounds: 1, participation: Participation(dropoutAfter: 1)),
                .probability("a drop-out rate", 1),
                "a drop-out rate of 1.0 is no probability that a run can have"
            ),
            (
                Rules(population: 5, rounds: 1, roundDeadlineSeconds: 0), .deadline(0),
                "a round's deadline must be above 0 and finite, not 0.0 s"
            ),
        ]
        for (rules, problem, sentence) in cases {
            #expect(rules.problem == problem)
            #expect(problem.description == sentence)
            #expect(throws: problem) { try rules.validated() }
        }
    }

    @Test("Decimals of a cohort are decimals")
    func places() {
        for (cohort, factor, places) in [
            (50, 1.1, 55), (100, 1.1, 110), (10, 1.3, 13), (100, 1.01, 101), (3, 1.5, 5),
            (7, 1.0, 7),
        ] {
            let rules = Rules(
                population: 1000, rounds: 1, cohortSize: cohort, overSelection: factor)
            #expect(rules.places == places, "\(factor) of \(cohort)")
        }
    }

    @Test("Whatever has no problem opens a round")
    func random() {
        let counts = [Int.min, -1, 0, 1, 2, 3, 7, 50, Int(Int32.max), Int.max]
        let numbers = [
            Double.nan, -.infinity, .infinity, -1, 0, .leastNonzeroMagnitude, 0.3, 0.999, 1, 1.1, 3,
            1e300,
        ]
        var possible = 0
        for seed in UInt64(1)...20_000 {
            var random = RandomStream(RandomKey(seed: seed, purpose: .selection))
            func count() -> Int {
                random.next(below: 3) == 0
                    ? counts[random.next(below: counts.count)] : random.next(in: 1...9)
            }
            func number(_ usual: Double) -> Double {
                random.next(below: 4) == 0 ? numbers[random.next(below: numbers.count)] : usual
            }
            let rules = Rules(
                population: count(), rounds: count(),
                patience: random.next(below: 2) == 0 ? nil : count(), evaluationInterval: count(),
                seed: seed, cohortSize: random.next(below: 2) == 0 ? nil : count(),
                overSelection: number(1.5), goal: random.next(below: 2) == 0 ? nil : count(),
                minimumClients: count(), waitsForClients: random.next(below: 2) == 0,
                participation: Participation(
                    availability: number(1), dropoutBefore: number(0), dropoutAfter: number(0)),
                roundDeadlineSeconds: random.next(below: 2) == 0 ? nil : number(10))
            guard rules.problem == nil else { continue }
            possible += 1
            // A round of billions would only be long.
            guard rules.places <= 1000, rules.population <= 1000 else { continue }
            var engine = RoundEngine(rules)
            let effects = engine.handle(.begin)
            #expect(!effects.isEmpty, "seed \(seed)")
        }
        #expect(possible > 200)
    }
}
