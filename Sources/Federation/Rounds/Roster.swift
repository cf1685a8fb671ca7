/// The clients of a run that are there.
///
/// A run whose clients do not come and go has all of them, and need not list them: a million clients
/// cost as much as one.
public struct Roster: Hashable, Sendable {
    /// K: the clients' ids are 0…K − 1.
    public let population: Int
    /// nil for all.
    private var members: Set<Int>?

    init(population: Int, everyone: Bool) {
        self.population = population
        members = everyone ? nil : []
    }

    /// How many are there.
    public var count: Int { members?.count ?? population }

    /// Whether that client is there.
    public func contains(_ client: Int) -> Bool {
        members?.contains(client) ?? (0..<population).contains(client)
    }

    /// - Returns: whether it was not there before.
    mutating func insert(_ client: Int) -> Bool {
        members?.insert(client).inserted ?? false
    }

    /// - Returns: whether it was there.
    mutating func remove(_ client: Int) -> Bool {
        if members == nil { members = Set(0..<population) }
        return members?.remove(client) != nil
    }
}
