import Federation
import Synchronization

/// Hands rounds on to whoever listens when a run is under way, who is not known yet when it is made.
final class RoundListener: Sendable {
    typealias Body = @Sendable (CommittedRound, FederationState) throws -> Void

    private let body = Mutex<Body?>(nil)

    func listen(_ body: @escaping Body) { self.body.withLock { $0 = body } }

    func tell(_ round: CommittedRound, _ state: FederationState) throws {
        let body = body.withLock { $0 }
        try body?(round, state)
    }
}
