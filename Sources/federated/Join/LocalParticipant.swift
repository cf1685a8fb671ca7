import Datasets
import FederationClient
import FederationWire
import LocalTraining
import NeuralNetworks
import Tensors

/// A client's model and data: trains as `federated run` would in the client's place.
struct LocalParticipant: Participant {
    let client: Int
    let seed: UInt64
    let images: LabelledImages
    let shards: ShardSource
    let workers: LocalWorkers
    let architecture: ArchitectureDigest
    /// Shared with other processes, where there are any.
    var slots: CoreSlots?
    /// Told for whoever watches: a round in which training begins, images as they are trained, and
    /// the seconds that it took.
    var onBegin: @Sendable (Int) -> Void = { _ in }
    var onImages: @Sendable (Int) -> Void = { _ in }
    var onEnd: @Sendable (Double) -> Void = { _ in }

    var layout: ParameterLayout { workers.architecture.layout }

    func sampleCount(round: Int) -> Int {
        shards.sampleCount(client: client, round: round)
    }

    func train(
        from model: ParameterVector, round: Int, progress: TrainingProgress
    ) async throws(TrainingFailure) -> TrainedModel {
        let start = MonotonicClock.seconds()
        onBegin(round)
        let result =
            if let slots {
                await slots.withSlot(shouldStop: { progress.isStopping }) {
                    await run(model, round, progress)
                }
            } else {
                await run(model, round, progress)
            }
        switch result {
        case .success(let local):
            onEnd(MonotonicClock.seconds() - start)
            return TrainedModel(
                parameters: local.parameters, sampleCount: sampleCount(round: round),
                loss: local.loss, imageCount: local.imageCount,
                seconds: MonotonicClock.seconds() - start)
        case .failure(.stopped): throw .stopped
        case .failure(let error): throw .diverged("\(error)")
        }
    }

    private func run(
        _ model: ParameterVector, _ round: Int, _ progress: TrainingProgress
    ) async -> Result<LocalResult, LocalTrainingError> {
        await workers.train(
            from: model, on: images, shards: shards, seed: seed, client: client, round: round,
            progress: { [onImages] count in
                progress.add(count)
                onImages(count)
            }, shouldStop: { progress.isStopping })
    }
}
