import Dispatch
import Parameters

/// Threads for work that takes more than a moment: on Swift's cooperative pool it would hold up
/// every other request.
package final class Workers: Sendable {
    /// Where work is done.
    private enum Place: Sendable {
        case queues(folding: DispatchQueue, texts: DispatchQueue)
        case here(pause: @Sendable () async -> Void)
    }

    private let place: Place
    /// Threads that fold together: memory is busy with a few.
    let foldThreads: Int
    /// Where the coordinator's own tasks run; nil for Swift's pool.
    private let executor: (any TaskExecutor)?

    /// Threads of their own: one update at a time goes into the aggregate; texts of models are read
    /// and made side by side, and `UploadSlots` keeps them few.
    init() {
        place = .queues(
            folding: DispatchQueue(label: "federation.fold", qos: .userInitiated),
            texts: DispatchQueue(label: "federation.texts", attributes: .concurrent))
        foldThreads = min(availableProcessorCount(), 4)
        executor = nil
    }

    /// No threads: all is done where it is asked for, after a pause as long as a test wants it, and
    /// all tasks run where the test does.
    package init(on executor: any TaskExecutor, pause: @escaping @Sendable () async -> Void) {
        place = .here(pause: pause)
        foldThreads = 1
        self.executor = executor
    }

    /// Does something with the aggregate, in its turn.
    func fold<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        switch place {
        case .queues(let folding, _): return await Self.run(on: folding, body)
        case .here(let pause):
            await pause()
            return body()
        }
    }

    /// Reads or makes a model's text.
    func convert<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        switch place {
        case .queues(_, let texts): return await Self.run(on: texts, body)
        case .here(let pause):
            await pause()
            return body()
        }
    }

    /// Begins something that nobody waits for.
    @discardableResult
    func begin(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: executor) { await body() }
    }

    private static func run<Value: Sendable>(
        on queue: DispatchQueue, _ body: @escaping @Sendable () -> Value
    ) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}
