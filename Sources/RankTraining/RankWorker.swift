import Federation
import NeuralNetworks
import Parameters
import Platform
import Synchronization
import Training

/// A rank's own part of a run: it trains its clients of a round, sums their updates where they can
/// be summed, and tests its pieces of the test set.
public final class RankWorker: Sendable {
    private let configuration: FederationConfiguration
    private let communicator: any Communicator
    private let plans: WorkerPlans
    private let stopping = Atomic(false)

    /// A rank's part of a federation, the same on all ranks.
    public init(_ configuration: FederationConfiguration, _ communicator: any Communicator) {
        self.configuration = configuration
        self.communicator = communicator
        plans = WorkerPlans(
            configuration.architecture,
            trainingBatchSize: configuration.training.batchSize(
                samples: configuration.shards.largestShard),
            engine: configuration.engine, loss: configuration.loss,
            threads: configuration.threads)
    }

    /// Makes this rank's work end within a batch's time; rank 0 then ends the run.
    public func stop() { stopping.store(true, ordering: .relaxed) }

    private var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// Does what rank 0 says until it says that the run is over.
    /// - Precondition: this is not rank 0.
    public func serve() {
        precondition(communicator.rank > 0, "rank 0 serves nobody")
        let count = configuration.architecture.layout.count
        var state = FederationState(model: ParameterVector(zeros: count))
        var began: ParameterVector?
        while true {
            switch communicator.broadcast(value: RankOrder?.none) {
            case .end:
                return
            case .evaluate:
                state.model = communicator.broadcast(nil, count: count)
                _ = communicator.gather(evaluate(state.model).bytes)
            case .train(let order):
                state = order.share(state, began: began, communicator)
                began = state.model
                var part = train(order, from: state)
                _ = communicator.gather(part.report.bytes)
                if var sum = part.sum.take() {
                    _ = communicator.reduce(&sum)
                } else {
                    communicator.gather(part.contributions)
                }
            }
        }
    }

    // MARK: Training

    /// Trains this rank's clients of a round, each on one thread.
    /// - Parameter state: what the round begins with.
    func train(
        _ order: TrainingOrder, from state: FederationState,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> RankPart {
        let clients = order.clients[communicator.rank]
        let part = Mutex(
            RankPart(configuration.strategy, layout: configuration.architecture.layout))
        parallelFor(count: clients.count, threads: configuration.threads) { worker, index in
            let client = clients[index]
            let task = TrainingTask(
                client: client, round: order.round, state: state,
                dropsOut: order.dropouts.contains(client))
            var report = ClientReport(client: client, sampleCount: 0)
            do {
                let (update, seconds) = try configuration.trained(
                    task, on: plans.training(worker), progress: progress,
                    shouldStop: { isStopping })
                report.seconds = seconds
                report.sampleCount = update.contribution.sampleCount
                report.classCounts = update.classCounts ?? []
                report.change = update.contribution.change
                if !task.dropsOut { add(update, to: part, &report, state, worker) }
            } catch LocalTrainingError.stopped {
                part.withLock { $0.report.isStopped = true }
                return
            } catch {
                report.failure = ClientFailure(.divergence, reason: "\(error)")
            }
            part.withLock { [report] in $0.report.clients.append(report) }
        }
        return part.withLock { $0 }
    }

    /// Adds an update to the rank's part of the round, and tests its model if it is taken.
    private func add(
        _ update: TrainedUpdate, to part: borrowing Mutex<RankPart>, _ report: inout ClientReport,
        _ state: FederationState, _ worker: Int
    ) {
        let (error, isSummed) = part.withLock { part in
            (part.add(update.contribution), part.sum != nil)
        }
        if let error {
            report.failure = ClientFailure(.divergence, reason: "\(error)")
            report.isRefused = true
            return
        }
        if isSummed { report.clientState = update.contribution.clientState }
        guard let model = update.model?.model(after: state.model) else { return }
        let start = MonotonicClock.seconds()
        let set = configuration.evaluationSet(
            for: .client(update.contribution.client), in: update.contribution.round)
        let pieces = (0..<set.pieceCount).map {
            set.evaluate(piece: $0, parameters: model, plan: plans.inference(worker))
        }
        report.evaluation = set.combine(pieces)
        report.evaluationSeconds = MonotonicClock.seconds() - start
    }

    // MARK: Evaluation

    /// Tests a server's model on this rank's pieces of the test set: every size-th.
    func evaluate(_ model: ParameterVector) -> EvaluationReport {
        let set = configuration.evaluationSet
        let mine = Array(stride(from: communicator.rank, to: set.pieceCount, by: communicator.size))
        let report = Mutex(EvaluationReport())
        parallelFor(count: mine.count, threads: configuration.threads) { worker, index in
            guard !isStopping else { return report.withLock { $0.isStopped = true } }
            let start = MonotonicClock.seconds()
            let result = set.evaluate(
                piece: mine[index], parameters: model, plan: plans.inference(worker),
                measures: true)
            let seconds = MonotonicClock.seconds() - start
            report.withLock {
                $0.seconds += seconds
                $0.pieces.append((mine[index], result))
            }
        }
        return report.withLock { $0 }
    }
}
