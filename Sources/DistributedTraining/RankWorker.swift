import Datasets
import Federation
import LocalTraining
import NeuralNetworks
import Synchronization
import Tensors

/// A rank's own part of a run: it trains its clients of a round, sums their updates, and tests its
/// pieces of the test set.
public final class RankWorker: Sendable {
    private let configuration: InProcessFederation.Configuration
    private let communicator: any Communicator
    private let plans: WorkerPlans
    private let stopping = Atomic(false)

    /// - Precondition: the strategy's clients keep nothing from round to round.
    public init(
        _ configuration: InProcessFederation.Configuration, _ communicator: any Communicator
    ) {
        precondition(
            configuration.strategy.clientHalf != .controlVariates,
            "control variates stay in one process")
        self.configuration = configuration
        self.communicator = communicator
        plans = WorkerPlans(
            configuration.architecture,
            trainingBatchSize: configuration.training.batchSize(
                samples: configuration.shards.largestShard),
            engine: configuration.engine, threads: configuration.threads)
    }

    /// Makes this rank's work end within a batch's time; rank 0 then ends the run.
    public func stop() { stopping.store(true, ordering: .relaxed) }

    private var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// Does what rank 0 says until it says that the run is over.
    /// - Precondition: this is not rank 0.
    public func serve() {
        precondition(communicator.rank > 0, "rank 0 serves nobody")
        let layout = configuration.architecture.layout
        var model = ParameterVector(zeros: layout.count)
        while true {
            switch communicator.broadcast(value: RankOrder?.none) {
            case .end:
                return
            case .evaluate:
                model.receive(communicator)
                _ = communicator.gather(value: evaluate(model))
            case .train(let round, let clients, let dropouts, let isNew):
                if isNew { model.receive(communicator) }
                var (sum, report) = train(
                    clients[communicator.rank], round: round, dropouts: dropouts, from: model)
                _ = communicator.gather(value: report)
                if let whole = communicator.broadcast(value: SumOrder?.none).whole {
                    sum.reduce(to: whole, communicator.sum)
                }
            }
        }
    }

    // MARK: Training

    /// Trains clients on `global`, each on one thread, and sums their updates.
    func train(
        _ clients: [Int], round: Int, dropouts: Set<Int>, from global: ParameterVector,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> (RoundAggregate, TrainingReport) {
        let sum = RoundAggregate(
            configuration.strategy, layout: configuration.architecture.layout)
        let state = Mutex((sum: sum, report: TrainingReport(totals: sum.totals)))
        // Its strategy needs no more of what the federation knows.
        let before = FederationState(model: global)
        parallelFor(count: clients.count, threads: configuration.threads) { worker, index in
            let client = clients[index]
            let shard = configuration.shards.shard(client: client, round: round)
            var part = TrainingReport.Part(client: client, sampleCount: shard.count)
            let start = MonotonicClock.seconds()
            do {
                let (contribution, model) = try train(
                    client, round, shard, before, worker, progress)
                let seconds = MonotonicClock.seconds() - start
                state.withLock { state in
                    state.report.imagesTrained += configuration.training.imageCount(
                        samples: shard.count)
                    state.report.trainingSeconds += seconds
                    guard !dropouts.contains(client) else { return }
                    do {
                        try state.sum.add([contribution])
                    } catch {
                        part.failure = ClientFailure(.divergence, reason: "\(error)")
                        part.isRefused = true
                    }
                }
                if configuration.rounds.evaluatesClients, part.failure == nil,
                    !dropouts.contains(client)
                {
                    part.evaluation = test(model, worker) { images, seconds in
                        state.withLock {
                            $0.report.imagesEvaluated += images
                            $0.report.evaluationSeconds += seconds
                        }
                    }
                }
            } catch LocalTrainingError.stopped {
                state.withLock { $0.report.isStopped = true }
                return
            } catch {
                part.failure = ClientFailure(.divergence, reason: "\(error)")
            }
            state.withLock { [part] in $0.report.parts.append(part) }
        }
        return state.withLock { state in
            state.report.totals = state.sum.totals
            return (state.sum, state.report)
        }
    }

    private func train(
        _ client: Int, _ round: Int, _ shard: [Int32], _ before: FederationState, _ worker: Int,
        _ progress: (Int) -> Void
    ) throws -> (Contribution, ParameterVector) {
        let training = configuration.training
        let result = try plans.training(worker).trainLocally(
            training, from: before.model, on: configuration.trainingImages, shard: shard,
            seed: configuration.seed, client: client, round: round, progress: progress,
            shouldStop: { isStopping })
        let update = ModelUpdate(
            client: client, round: round, sampleCount: shard.count, parameters: result.parameters)
        let contribution = try configuration.strategy.contribution(
            of: update, after: before, work: training.work(samples: shard.count, round: round))
        return (contribution, result.parameters)
    }

    /// Tests a client's model on the whole test set.
    private func test(
        _ model: ParameterVector, _ worker: Int, _ note: (_ images: Int, _ seconds: Double) -> Void
    ) -> Evaluation {
        let start = MonotonicClock.seconds()
        let set = configuration.evaluationSet
        let pieces = (0..<set.pieceCount).map {
            set.evaluate(piece: $0, parameters: model, plan: plans.inference(worker))
        }
        note(set.indices.count, MonotonicClock.seconds() - start)
        return EvaluationSet.combine(pieces)
    }

    // MARK: Evaluation

    /// Tests a model on this rank's pieces of the test set: every size-th.
    func evaluate(_ model: ParameterVector) -> EvaluationReport {
        let set = configuration.evaluationSet
        let mine = Array(stride(from: communicator.rank, to: set.pieceCount, by: communicator.size))
        let report = Mutex(EvaluationReport())
        parallelFor(count: mine.count, threads: configuration.threads) { worker, index in
            guard !isStopping else { return report.withLock { $0.isStopped = true } }
            let start = MonotonicClock.seconds()
            let result = set.evaluate(
                piece: mine[index], parameters: model, plan: plans.inference(worker))
            let seconds = MonotonicClock.seconds() - start
            report.withLock {
                $0.seconds += seconds
                $0.pieces.append(
                    EvaluationReport.Piece(
                        piece: mine[index], count: result.count, lossSum: result.lossSum,
                        correct: result.correct))
            }
        }
        return report.withLock { $0 }
    }
}

extension ParameterVector {
    /// Takes over rank 0's numbers.
    mutating func receive(_ communicator: any Communicator) {
        withUnsafeMutableBufferPointer { communicator.broadcast(UnsafeMutableRawBufferPointer($0)) }
    }
}
