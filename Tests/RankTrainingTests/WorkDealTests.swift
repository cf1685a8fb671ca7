import Parameters
import RankTraining
import TestThreads
import Testing

@Suite("Dealing a round's clients to ranks", .holdsItsThread)
struct WorkDealTests {
    @Test("By hand: the longest first, to whoever is done first")
    func byHand() {
        let costs = [(1, 2.0), (2, 7), (3, 3), (4, 6), (5, 5)].map { (client: $0.0, cost: $0.1) }
        // 7 | 6; 5 to the second: 7 | 11; 3 to the first: 10 | 11; 2 to the first: 12 | 11.
        let deal = WorkDeal(costs, speeds: [1, 1])
        #expect(deal.clients == [[2, 3, 1], [4, 5]])
        // The second is three times as fast: 7 to it (7/3), 6 to it (13/3 < 6), 5 to the first (5 < 6),
        // 3 to it (16/3 < 8), 2 to it (6 < 7).
        #expect(WorkDeal(costs, speeds: [1, 3]).clients == [[5], [2, 4, 3, 1]])
    }

    @Test("Nobody is lost or dealt twice, and equal ranks differ by one client's work at most")
    func law() {
        for seed in 0..<200 as Range<UInt64> {
            var random = RandomStream(RandomKey(seed: seed, purpose: .evaluation))
            let count = Int(random.nextUniform() * 40)
            let ranks = 1 + Int(random.nextUniform() * 9)
            let costs = (0..<count).map { (client: $0 + 1, cost: 1 + 99 * random.nextUniform()) }
            let deal = WorkDeal(costs, speeds: Array(repeating: 3, count: ranks))
            #expect(deal.clients.count == ranks, "seed \(seed)")
            #expect(deal.clients.flatMap { $0 }.sorted() == costs.map(\.client), "seed \(seed)")
            let loads = deal.clients.map { $0.reduce(0) { $0 + costs[$1 - 1].cost } }
            let most = costs.map(\.cost).max() ?? 0
            #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= most + 1e-9, "seed \(seed)")
        }
    }
}
