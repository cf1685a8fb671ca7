import Experiments
import Federation
import Parameters
import Synchronization

/// What one client's transforms keep from round to round, each by the round that they kept it in.
///
/// A round's work begins with what was kept in the last round whose update counts, however often it is
/// done: of rounds, the one that is under way and that last one are remembered.
package protocol ClientStates: Sendable {
    typealias State = [String: ParameterVector]
    /// What was kept in that round; nil where that is not known.
    func state(after round: Int) -> State?
    /// Keeps it, before the update leaves, and forgets all rounds but `base`, with which it began.
    func keep(_ state: State, after round: Int, base: Int?) throws
}

extension [Int: ClientStates.State] {
    /// These with a round's, and without all others but `base`.
    func keeping(_ state: ClientStates.State, after round: Int, base: Int?) -> Self {
        var next = filter { $0.key == base }
        next[round] = state
        return next
    }
}

/// The states of all clients of a run that are part of one process.
package final class SharedStates: Sendable {
    private let table: Mutex<[Int: [Int: ClientStates.State]]>

    /// States that are known already: by client, the last round that counts and what was kept in it.
    package init(_ known: [Int: (round: Int, state: ClientStates.State)] = [:]) {
        table = Mutex(known.mapValues { [$0.round: $0.state] })
    }

    /// One client's.
    package func of(_ client: Int) -> any ClientStates { Part(table: self, client: client) }

    fileprivate func withStates<Value: Sendable>(
        of client: Int, _ body: (inout [Int: ClientStates.State]) -> Value
    ) -> Value {
        table.withLock { body(&$0[client, default: [:]]) }
    }

    private struct Part: ClientStates {
        let table: SharedStates
        let client: Int

        func state(after round: Int) -> State? { table.withStates(of: client) { $0[round] } }

        func keep(_ state: State, after round: Int, base: Int?) {
            table.withStates(of: client) {
                $0 = $0.keeping(state, after: round, base: base)
            }
        }
    }
}

extension SharedStates {
    /// What clients know after rounds that are committed: a store has it with all else that the
    /// federation knows.
    package convenience init(
        after rounds: [CommittedRound], _ state: FederationState, _ strategy: Strategy
    ) {
        let names = Set(strategy.clientTransforms.flatMap(\.clientStateNames))
        var known: [Int: (round: Int, state: ClientStates.State)] = [:]
        for record in rounds.map(\.record) where !names.isEmpty {
            for part in record.clients where part.sampleCount != nil {
                let kept = (state.clients[part.client] ?? [:]).filter { names.contains($0.key) }
                known[part.client] = (record.round, kept)
            }
        }
        self.init(known)
    }
}
