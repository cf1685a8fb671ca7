import Tensors

/// Draws a round's clients: each has a number from (seed, selection, client, round), and those with
/// the lowest are chosen.
///
/// Whoever is there, every set of clients is equally likely, and neither the order in which clients
/// joined nor what was drawn before changes the choice. Whoever takes a place that became free is
/// the next one by the same numbers.
struct CohortDraw: Hashable, Sendable {
    var seed: UInt64
    var round: Int
    /// 1 for a round's first opening; each later one draws anew.
    var attempt: Int

    /// `count` of the candidates (all, if there are fewer), ascending.
    func choose(_ count: Int, from candidates: some Collection<Int>) -> [Int] {
        guard count < candidates.count else { return candidates.sorted() }
        guard count > 0 else { return [] }
        let drawn = candidates.map { (number: number(of: $0), client: $0) }
        return drawn.sorted { $0 < $1 }.prefix(count).map(\.client).sorted()
    }

    private func number(of client: Int) -> UInt64 {
        var stream = RandomStream(
            RandomKey(
                seed: seed, purpose: .selection, index: attempt, client: client, round: round))
        return stream.next()
    }
}
