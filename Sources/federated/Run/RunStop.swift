import Federation
import Training
import Synchronization

/// Passes a Ctrl-C on to all of several runs that are under way, and to those that follow.
final class RunStop: Sendable {
    private struct State: Sendable {
        var isRequested = false
        /// By the worker that has them.
        var current: [Int: InProcessFederation] = [:]
    }

    private let state = Mutex(State())

    /// Whether runs are to end.
    var isRequested: Bool { state.withLock { $0.isRequested } }

    func request() {
        state.withLock {
            $0.isRequested = true
            for federation in $0.current.values { federation.stop() }
        }
    }

    /// Runs a federation on one of the workers, until it is over or stopped.
    func run(_ federation: InProcessFederation, worker: Int) -> RunResult {
        state.withLock {
            $0.current[worker] = federation
            if $0.isRequested { federation.stop() }
        }
        defer { state.withLock { $0.current[worker] = nil } }
        return federation.run()
    }
}
