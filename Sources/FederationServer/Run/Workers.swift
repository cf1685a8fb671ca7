import Dispatch
import Tensors

/// Threads for work that takes more than a moment: on Swift's cooperative pool it would hold up
/// every other request.
final class Workers: Sendable {
    /// One update at a time goes into the aggregate.
    private let folding = DispatchQueue(label: "federation.fold", qos: .userInitiated)
    /// Texts of models are read and made here; `UploadSlots` keeps them few.
    private let texts = DispatchQueue(label: "federation.texts", attributes: .concurrent)

    /// Threads that fold together: memory is busy with a few.
    static let foldThreads = min(availableProcessorCount(), 4)

    /// Does something with the aggregate, in its turn.
    func fold<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await run(on: folding, body)
    }

    /// Reads or makes a model's text.
    func convert<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await run(on: texts, body)
    }

    /// Has something done with the aggregate, in its turn.
    func schedule(_ body: @escaping @Sendable () -> Void) { folding.async(execute: body) }

    private func run<Value: Sendable>(
        on queue: DispatchQueue, _ body: @escaping @Sendable () -> Value
    ) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}
