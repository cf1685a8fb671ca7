import Dispatch
import Synchronization

/// Runs asynchronous work from the main thread, and cancels it at Ctrl-C or SIGTERM.
func runInterruptibly<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
) -> Result<Value, any Error> {
    let done = DispatchSemaphore(value: 0)
    let box = Mutex<Result<Value, any Error>?>(nil)
    let task = Task.detached {
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        box.withLock { $0 = result }
        done.signal()
    }
    let interruption = Interruption { task.cancel() }
    done.wait()
    interruption.end()
    guard let result = box.withLock({ $0 }) else {
        preconditionFailure("work was done without a result")
    }
    return result
}
