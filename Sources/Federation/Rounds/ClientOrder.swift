import Parameters

/// The order in which a round offers places to a run's clients: a random permutation of 0…K − 1.
///
/// Drawn without replacement and one at a time (a Fisher–Yates shuffle that remembers only what it has
/// moved), so that a cohort costs what its clients cost, however many there are. Whoever is there, every
/// set of clients is equally likely; neither the order in which clients joined nor what was drawn before
/// changes it. Whoever takes a place that became free is the next one in the same order.
package struct ClientOrder: Sequence, IteratorProtocol {
    private let population: Int
    private var random: RandomStream
    private var drawn = 0
    /// What lies at a place of the shuffle, where that is not its own number.
    private var moved: [Int: Int] = [:]

    /// - Parameter attempt: 1 for a round's first opening; each later one draws anew.
    package init(population: Int, seed: UInt64, round: Int, attempt: Int) {
        self.population = population
        random = RandomStream(
            RandomKey(seed: seed, purpose: .selection, index: attempt, round: round))
    }

    package mutating func next() -> Int? {
        guard drawn < population else { return nil }
        let place = drawn + random.next(below: population - drawn)
        let client = moved[place] ?? place
        moved[place] = moved[drawn] ?? drawn
        moved[drawn] = nil
        drawn += 1
        return client
    }
}
