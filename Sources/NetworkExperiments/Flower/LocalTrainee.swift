import Datasets
import Experiments
import FlowerNode
import NeuralNetworks
import Parameters
import Synchronization
import Training

/// A node's model and data: serves a ServerApp's requests by `LocalWorkers`, a core at a time.
///
/// What comes of a request depends on the model, the settings, the seed, the node's part and the
/// round alone. Where the ServerApp names no round, it is the number of the node's trainings so far.
package final class LocalTrainee: FlowerTrainee {
    package let architecture: Architecture
    /// The usual one of the data.
    package let loss: Loss
    /// How the node trains where the ServerApp says nothing.
    package let training: LocalTraining
    package let shards: DividedShards
    package let slots: CoreSlots
    package let client: Int
    package let seed: UInt64
    package let tests: EvaluationSet

    private let images: Samples
    private let workers: Mutex<LocalWorkers>
    private let trainings = Atomic<Int>(0)

    /// - Throws: `ArchitectureError`, `PartitionError`, `RunNeedsError`, `FlowerPartError`.
    package init(_ part: FlowerPart, dataset: Dataset, slots: CoreSlots) throws {
        let images = dataset.train
        let loss = Loss.usual(for: images)
        let architecture = try part.model.architecture(
            input: images.featureShape, classCount: loss.outputCount(for: images))
        let shards = try part.shards(of: images, owners: dataset.owners)
        try RunNeeds(
            clientOf: architecture, engine: .fused, loss: loss, training: part.training,
            largestShard: shards.largestShard, testImages: dataset.test.count
        ).check(model: part.model.name)
        self.images = images
        self.architecture = architecture
        self.loss = loss
        self.shards = shards
        self.slots = slots
        training = part.training
        client = part.part
        seed = part.seed
        tests = EvaluationSet(
            dataset.test, fraction: part.evaluationFraction, seed: part.seed)
        workers = Mutex(
            Self.makeWorkers(architecture, loss, part.training, shards, part.part))
    }

    package var layout: ParameterLayout { architecture.layout }

    /// Images that the node trains on.
    package var sampleCount: Int { shards.sampleCount(of: client) }

    /// Ends the threads.
    package func close() { workers.withLock { $0.close() } }

    package func train(
        from model: ParameterVector, settings: TaskSettings
    ) async throws -> TrainedTask {
        let workers = threads(for: training.with(settings))
        let count = trainings.add(1, ordering: .relaxed).newValue
        let round = settings.round ?? count
        let stop = StopFlag()
        let result = await withTaskCancellationHandler {
            await slots.withSlot(shouldStop: { stop.isSet }) {
                await workers.train(
                    from: model, objective: .plain, on: images, shards: shards,
                    seed: seed, client: client, round: round, progress: { _ in },
                    shouldStop: { stop.isSet })
            }
        } onCancel: {
            stop.set()
        }
        switch result {
        case .success(let local):
            return TrainedTask(
                parameters: local.parameters, sampleCount: sampleCount, loss: local.loss)
        case .failure(.stopped): throw CancellationError()
        case .failure(let error): throw error
        }
    }

    package func evaluate(
        _ model: ParameterVector, settings: TaskSettings
    ) async throws -> EvaluatedTask {
        let workers = workers.withLock { $0 }
        let result = await slots.withSlot(shouldStop: { Task.isCancelled }) {
            await workers.evaluate(model, on: tests).0
        }
        return EvaluatedTask(
            sampleCount: result.count, loss: result.loss, accuracy: result.accuracy)
    }

    /// Threads with plans for that training; those there are, if they are for it.
    private func threads(for training: LocalTraining) -> LocalWorkers {
        workers.withLock { workers in
            if workers.training != training {
                workers.close()
                workers = Self.makeWorkers(architecture, loss, training, shards, client)
            }
            return workers
        }
    }

    private static func makeWorkers(
        _ architecture: Architecture, _ loss: Loss, _ training: LocalTraining,
        _ shards: DividedShards, _ client: Int
    ) -> LocalWorkers {
        LocalWorkers(
            architecture, engine: .fused, loss: loss, training: training,
            largestShard: shards.sampleCount(of: client), threads: 1)
    }
}

extension LocalTraining {
    /// This training as a ServerApp's config wants it.
    package func with(_ settings: TaskSettings) -> LocalTraining {
        var training = self
        if let rate = settings.learningRate { training.optimizer.learningRate = rate }
        if let epochs = settings.epochs { training.length = .epochs(epochs) }
        if let size = settings.batchSize { training.batchSize = size }
        return training
    }
}

/// Set once, by whoever wants something to end.
private final class StopFlag: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    func set() { flag.store(true, ordering: .relaxed) }
}
