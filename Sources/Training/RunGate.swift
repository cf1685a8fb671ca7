import Synchronization

/// Where a run waits before its next round while it is paused; its bits don't depend on that.
public final class RunGate: Sendable {
    private struct State {
        var isPaused = false
        var isHolding = false
        /// The last round that has been let through.
        var begun = 0
    }

    private let state = Mutex(State())

    /// Open.
    public init() {}

    /// Lets no further round begin.
    public func pause() { state.withLock { $0.isPaused = true } }

    /// Lets rounds begin again.
    public func resume() {
        state.withLock {
            $0.isPaused = false
            $0.isHolding = false
        }
    }

    /// Whether no further round is to begin.
    public var isPaused: Bool { state.withLock { $0.isPaused } }

    /// Whether a round waits: nothing is being done.
    public var isHolding: Bool { state.withLock { $0.isHolding } }

    /// Whether work of a round may begin; what has begun is finished.
    package func lets(_ round: Int) -> Bool {
        state.withLock { state in
            if state.isPaused, round > state.begun {
                state.isHolding = true
                return false
            }
            state.begun = max(state.begun, round)
            return true
        }
    }
}
