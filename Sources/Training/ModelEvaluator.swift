import Dispatch
import Federation
import NeuralNetworks
import Parameters
import Platform
import Synchronization

/// Tests one model after the other, on threads of its own and with plans that it keeps.
///
/// The bits are those of `EvaluationSet.evaluate`, however many threads there are.
public final class ModelEvaluator: Sendable {
    private let set: EvaluationSet
    private let threads: Int
    private let plans: WorkerPlans
    private let queue = DispatchQueue(label: "evaluation")

    /// An evaluator of models of that architecture.
    public init(
        _ set: EvaluationSet, architecture: Architecture, engine: Engine = .fused, threads: Int
    ) {
        self.set = set
        self.threads = threads
        plans = WorkerPlans(architecture, trainingBatchSize: 1, engine: engine, threads: threads)
    }

    /// Tests a model; waits for its turn without holding a thread.
    /// - Returns: how it did, and the seconds that it took, summed over threads.
    public func evaluate(_ parameters: ParameterVector) async -> (Evaluation, seconds: Double) {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.work(parameters)) }
        }
    }

    private func work(_ parameters: ParameterVector) -> (Evaluation, seconds: Double) {
        let busySeconds = Mutex(0.0)
        let results = ResultTable(count: set.pieceCount)
        parallelFor(count: set.pieceCount, threads: threads) { worker, piece in
            let start = MonotonicClock.seconds()
            results[piece] = set.evaluate(
                piece: piece, parameters: parameters, plan: plans.inference(worker))
            let end = MonotonicClock.seconds()
            busySeconds.withLock { $0 += end - start }
        }
        return (EvaluationSet.combine(results.all), busySeconds.withLock { $0 })
    }
}
