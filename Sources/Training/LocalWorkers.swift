import Datasets
import Federation
import Foundation
import NeuralNetworks
import Parameters
import Synchronization

/// Threads with a plan each that train and evaluate for whoever asks, one job to a thread.
///
/// For federations whose rounds are driven from elsewhere: a client of a served run, a server's
/// evaluations, or both. Training comes before evaluation. What comes out depends on the arguments
/// alone, and is what `InProcessFederation` makes of them.
public final class LocalWorkers: Sendable {
    /// The model that all jobs are about.
    public let architecture: Architecture
    /// How clients train.
    public let training: LocalTraining
    /// Threads.
    public let threads: Int

    private let queue = WorkQueue<Job>([])
    private let plans: WorkerPlans

    private typealias Job = @Sendable (_ worker: Int) -> Void

    /// Starts the threads.
    /// - Parameters:
    ///   - loss: what is minimised, and measured.
    ///   - largestShard: images that no client's shard exceeds.
    public init(
        _ architecture: Architecture, engine: Engine, loss: Loss, training: LocalTraining,
        largestShard: Int, threads: Int
    ) {
        self.architecture = architecture
        self.training = training
        self.threads = threads
        plans = WorkerPlans(
            architecture, trainingBatchSize: training.batchSize(samples: largestShard),
            engine: engine, loss: loss, threads: threads)
        queue.holdOpen()
        let queue = queue
        Thread.detachNewThread { queue.drain(threads: threads) { worker, job in job(worker) } }
    }

    /// Lets the threads end once they have done what was asked of them.
    public func close() { queue.close() }

    /// Trains a copy of `global` on a client's shard of `images` in a round.
    /// - Parameters:
    ///   - objective: what the client minimises.
    ///   - correction: SCAFFOLD's c − c_i, where the objective has control variates.
    ///   - progress: called with the number of images after each batch.
    ///   - shouldStop: asked before each batch.
    public func train(
        from global: ParameterVector, objective: ClientObjective,
        correction: ParameterVector? = nil, on images: Samples, shards: any ShardSource,
        seed: UInt64, client: Int, round: Int, progress: @escaping @Sendable (Int) -> Void,
        shouldStop: @escaping @Sendable () -> Bool
    ) async -> Result<LocalResult, LocalTrainingError> {
        await withCheckedContinuation { continuation in
            queue.push(
                contentsOf: [
                    { [plans, training] worker in
                        let result = Result { () throws(LocalTrainingError) in
                            try plans.training(worker).trainLocally(
                                training, objective: objective, from: global, on: images,
                                shard: shards.shard(client: client, round: round), seed: seed,
                                client: client, round: round, correction: correction,
                                progress: progress,
                                shouldStop: shouldStop)
                        }
                        continuation.resume(returning: result)
                    }
                ], at: .front)
        }
    }

    /// Evaluates a model by all metrics, in pieces that all threads share.
    /// - Returns: how it did, and the seconds that it took, summed over threads.
    public func evaluate(
        _ model: ParameterVector, on set: EvaluationSet
    ) async -> (Evaluation, seconds: Double) {
        await withCheckedContinuation { continuation in
            let pieces = EvaluationPieces(model, on: set, measures: true)
            queue.push(
                contentsOf: (0..<pieces.count).map { piece in
                    { [plans] worker in
                        let done = pieces.evaluate(piece, on: plans.inference(worker))
                        if let whole = done.whole { continuation.resume(returning: whole) }
                    }
                }, at: .back)
        }
    }
}
