import LocalTraining
import Synchronization

/// Passes a Ctrl-C on to whichever run of a sweep is under way, and to those that follow.
final class SweepStop: Sendable {
    static let shared = SweepStop()

    private struct State: Sendable {
        var isRequested = false
        var current: InProcessFederation?
    }

    private let state = Mutex(State())

    func request() {
        state.withLock {
            $0.isRequested = true
            $0.current?.stop()
        }
    }

    func run(_ federation: InProcessFederation) -> RunResult {
        state.withLock {
            $0.current = federation
            if $0.isRequested { federation.stop() }
        }
        defer { state.withLock { $0.current = nil } }
        return federation.run()
    }
}
