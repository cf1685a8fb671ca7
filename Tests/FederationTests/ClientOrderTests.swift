import Federation
import TestThreads
import Testing

@Suite("The order in which clients are offered a place", .holdsItsThread)
struct ClientOrderTests {
    private func order(_ population: Int, seed: UInt64, round: Int = 1, attempt: Int = 1)
        -> ClientOrder
    {
        ClientOrder(population: population, seed: seed, round: round, attempt: attempt)
    }

    @Test("It is a permutation of 0 to K - 1, for every small K")
    func permutation() {
        for population in 1...9 {
            for seed in UInt64(0)..<300 {
                let drawn = Array(order(population, seed: seed))
                #expect(drawn.sorted() == Array(0..<population), "K \(population), seed \(seed)")
            }
        }
        #expect(Array(order(3000, seed: 1)).sorted() == Array(0..<3000))
    }

    @Test("It is the seed's, the round's and the attempt's")
    func keys() {
        let one = Array(order(50, seed: 1))
        #expect(Array(order(50, seed: 1)) == one)
        let others = [
            order(50, seed: 2), order(50, seed: 1, round: 2), order(50, seed: 1, attempt: 2),
        ].map(Array.init)
        #expect(Set(others + [one]).count == 4)
    }

    /// 119 degrees of freedom: 190 is exceeded once in 30,000 times; the seeds are fixed.
    @Test("All orders of five clients are equally likely, by chi-square")
    func uniform() {
        var counts: [[Int]: Int] = [:]
        let draws = 24_000
        for seed in 0..<UInt64(draws) { counts[Array(order(5, seed: seed)), default: 0] += 1 }
        #expect(counts.count == 120)
        let expected = Double(draws) / 120
        let chiSquare = counts.values.reduce(0.0) {
            $0 + (Double($1) - expected) * (Double($1) - expected) / expected
        }
        #expect(chiSquare < 190, "\(chiSquare)")
        #expect(chiSquare > 65, "\(chiSquare)")
    }

    /// 55 degrees of freedom for which 3 of 8 clients, and 999 for where they lie among a million.
    @Test("So are all cohorts, and all parts of a large population")
    func cohorts() {
        var sets: [Set<Int>: Int] = [:]
        for seed in UInt64(0)..<11_200 {
            sets[Set(order(8, seed: seed).prefix(3)), default: 0] += 1
        }
        #expect(sets.count == 56)
        let chiSquare = sets.values.reduce(0.0) {
            $0 + (Double($1) - 200) * (Double($1) - 200) / 200
        }
        #expect(chiSquare < 105, "\(chiSquare)")

        var parts = [Int](repeating: 0, count: 1000)
        for seed in UInt64(0)..<1000 {
            for client in order(1_000_000, seed: seed).prefix(100) {
                parts[client / 1000] += 1
            }
        }
        let spread = parts.reduce(0.0) {
            $0 + (Double($1) - 100) * (Double($1) - 100) / 100
        }
        #expect(spread < 1180, "\(spread)")
    }

    @Test("A cohort costs what its clients cost: of a thousand or of two thousand million")
    func cost() {
        // A list of so many clients would take 16 GB, and minutes for all these rounds.
        for population in [1000, Int(Int32.max)] {
            for round in 1...200 {
                #expect(Set(order(population, seed: 1, round: round).prefix(100)).count == 100)
            }
        }
        var engine = RoundEngine(
            .init(population: Int(Int32.max), rounds: 5, evaluatesClients: false, cohortSize: 100))
        let effects = engine.drive { _ in 0.5 }
        #expect(effects.last == .finish(.completed))
        #expect(engine.records.allSatisfy { $0.clients.count == 100 })
        #expect(engine.roster.count == Int(Int32.max))
    }
}
