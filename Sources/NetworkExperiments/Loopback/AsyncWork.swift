import Dispatch
import Platform
import Synchronization

/// Asynchronous work that a thread outside Swift's cooperative pool waits for.
package final class AsyncWork<Value: Sendable>: Sendable {
    private let done = DispatchSemaphore(value: 0)
    private let outcome: Outcome
    private let task: Task<Void, Never>

    private final class Outcome: Sendable {
        let result = Mutex<Result<Value, any Error>?>(nil)
    }

    /// Begins the work.
    package init(_ body: @escaping @Sendable () async throws -> Value) {
        let (done, outcome) = (done, Outcome())
        self.outcome = outcome
        task = Task.detached {
            let result: Result<Value, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            outcome.result.withLock { $0 = result }
            done.signal()
        }
    }

    /// Asks the work to end.
    package func cancel() { task.cancel() }

    /// Waits for its end; to be called once.
    package func wait() -> Result<Value, any Error> {
        done.wait()
        guard let result = outcome.result.withLock({ $0 }) else {
            preconditionFailure("work has ended without a result")
        }
        return result
    }
}

/// Runs asynchronous work from a thread that has nothing else to do, and waits for it.
package func waitFor<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
) throws -> Value {
    try AsyncWork(body).wait().get()
}

/// Does asynchronous work and cancels it at Ctrl-C or SIGTERM.
package func runInterruptibly<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
) -> Result<Value, any Error> {
    let work = AsyncWork(body)
    let interruption = Interruption { work.cancel() }
    defer { interruption.end() }
    return work.wait()
}
