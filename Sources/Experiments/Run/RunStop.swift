import Federation
import Synchronization

/// Ends all of several runs that are under way, and those that follow.
package final class RunStop: Sendable {
    private struct State: Sendable {
        var isRequested = false
        /// By the worker that has them.
        var current: [Int: ExperimentRun] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Whether runs are to end.
    package var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Ends those under way within a batch's time.
    package func request() {
        state.withLock {
            $0.isRequested = true
            for run in $0.current.values { run.stop() }
        }
    }

    /// Runs one on a worker, until it is over or stopped.
    package func run(
        _ run: ExperimentRun, worker: Int,
        onRound: @escaping @Sendable (CommittedRound) -> Void = { _ in }
    ) -> RunResult {
        state.withLock {
            $0.current[worker] = run
            if $0.isRequested { run.stop() }
        }
        defer { state.withLock { $0.current[worker] = nil } }
        return run.run(onRound: onRound)
    }
}
