/// Which rank trains which clients of a round.
///
/// The longest work is dealt first, each to the rank that would be done with it first (Graham,
/// "Bounds on multiprocessing timing anomalies", SIAM J. Appl. Math. 17(2), 1969: within 4/3 of the
/// best deal on ranks of one speed). It changes no bit of what comes out.
package struct WorkDeal: Hashable {
    /// The clients of each rank, those with the most work first.
    package private(set) var clients: [[Int]]

    /// - Parameters:
    ///   - costs: what each client is to do, in any unit.
    ///   - speeds: how much of it each rank does in a unit of time.
    package init(_ costs: [(client: Int, cost: Double)], speeds: [Double]) {
        clients = Array(repeating: [], count: speeds.count)
        var loads = [Double](repeating: 0, count: speeds.count)
        let ordered = costs.sorted { ($1.cost, $0.client) < ($0.cost, $1.client) }
        for (client, cost) in ordered {
            var best = 0
            for rank in 1..<max(1, speeds.count)
            where (loads[rank] + cost) / speeds[rank] < (loads[best] + cost) / speeds[best] {
                best = rank
            }
            loads[best] += cost
            clients[best].append(client)
        }
    }
}
