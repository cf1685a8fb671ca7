import Datasets
import Experiments
import Federation
import FederationClient
import FederationWire
import NeuralNetworks
import Parameters
import Platform
import Synchronization
import Training

/// A client's model and data: trains as `federated run` would in the client's place.
package struct LocalParticipant: Participant {
    package let client: Int
    package let seed: UInt64
    package let images: Samples
    package let shards: any ShardSource
    package let workers: LocalWorkers
    package let architecture: ArchitectureDigest
    /// The client's half of the run's: what it minimises, and what its updates go through here.
    package let strategy: Strategy
    /// What its transforms keep; nil where they keep nothing.
    package var states: (any ClientStates)?
    /// Shared with other processes, where there are any.
    package var slots: CoreSlots?
    /// Told for whoever watches: a round in which training begins, images as they are trained, the
    /// seconds that it took, and what has gone wrong and is no reason to end.
    package var onBegin: @Sendable (Int) -> Void = { _ in }
    package var onImages: @Sendable (Int) -> Void = { _ in }
    package var onEnd: @Sendable (Double) -> Void = { _ in }
    package var onNotice: @Sendable (String) -> Void = { _ in }

    package init(
        client: Int, seed: UInt64, images: Samples, shards: any ShardSource,
        workers: LocalWorkers, architecture: ArchitectureDigest, strategy: Strategy,
        states: (any ClientStates)? = nil, slots: CoreSlots? = nil,
        onBegin: @escaping @Sendable (Int) -> Void = { _ in },
        onImages: @escaping @Sendable (Int) -> Void = { _ in },
        onEnd: @escaping @Sendable (Double) -> Void = { _ in },
        onNotice: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.client = client
        self.seed = seed
        self.images = images
        self.shards = shards
        self.workers = workers
        self.architecture = architecture
        self.strategy = strategy
        self.states = states
        self.slots = slots
        self.onBegin = onBegin
        self.onImages = onImages
        self.onEnd = onEnd
        self.onNotice = onNotice
    }

    package var layout: ParameterLayout { workers.architecture.layout }

    package func sampleCount(round: Int) -> Int {
        shards.sampleCount(client: client, round: round)
    }

    package func train(
        _ work: RoundWork, progress: TrainingProgress
    ) async throws(TrainingFailure) -> TrainingResult {
        onBegin(work.round)
        let own = kept(before: work)
        let clock = TrainingClock()
        let result =
            if let slots {
                await slots.withSlot(shouldStop: { progress.isStopping }) {
                    await run(work, own, progress, clock)
                }
            } else {
                await run(work, own, progress, clock)
            }
        switch result {
        case .success(let local):
            let seconds = clock.seconds
            onEnd(seconds)
            let shard = shards.shard(client: client, round: work.round)
            return TrainingResult(
                try prepared(local.parameters, work, own: own, samples: shard.count),
                loss: local.loss, imageCount: local.imageCount, seconds: seconds,
                classCounts: images.classCounts(of: shard))
        case .failure(.stopped): throw .stopped
        case .failure(let error): throw .diverged("\(error)")
        }
    }

    private func run(
        _ work: RoundWork, _ own: ClientStates.State, _ progress: TrainingProgress,
        _ clock: TrainingClock
    ) async -> Result<LocalResult, LocalTrainingError> {
        await workers.train(
            from: strategy.start(from: work.model, own: own), objective: strategy.objective,
            correction: work.correction,
            on: images, shards: shards, seed: seed, client: client, round: work.round,
            progress: { [onImages] count in
                progress.add(count)
                onImages(count)
            },
            shouldStop: {
                clock.start()
                return progress.isStopping
            })
    }

    // MARK: The client's half of the strategy

    /// What the transforms go on from.
    private func kept(before work: RoundWork) -> ClientStates.State {
        guard let states, let round = work.counted else { return [:] }
        if let state = states.state(after: round) { return state }
        onNotice("what this client kept in round \(round) is lost: it goes on without")
        return [:]
    }

    private func prepared(
        _ model: ParameterVector, _ work: RoundWork, own: ClientStates.State, samples: Int
    ) throws(TrainingFailure) -> ClientUpdate {
        let update: ClientUpdate
        var kept = own
        do {
            let context = ClientContext(
                client: client, round: work.round, seed: seed, model: work.model,
                work: workers.training.work(
                    samples: samples, client: client, round: work.round), own: own)
            let made = try strategy.prepared(
                ModelUpdate(
                    client: client, round: work.round, sampleCount: samples, parameters: model),
                context)
            update = made.update
            kept.merge(made.kept) { _, new in new }
        } catch {
            throw .diverged("\(error)")
        }
        do {
            try states?.keep(kept, after: work.round, base: work.counted)
        } catch {
            throw .impossible("\(error)")
        }
        return update
    }
}

/// Measures training alone, without the wait for a thread.
private final class TrainingClock: Sendable {
    private let begun = Mutex<Double?>(nil)

    /// Counts from now, unless it does already.
    func start() { begun.withLock { $0 = $0 ?? MonotonicClock.seconds() } }

    var seconds: Double {
        begun.withLock { begun in begun.map { MonotonicClock.seconds() - $0 } ?? 0 }
    }
}
