import Datasets
import Federation
import NeuralNetworks
import Synchronization
import Tensors

/// A server and its clients in one process: drives the round engine with worker threads.
///
/// Clients train side by side, one to a thread; trained models are evaluated in pieces by whatever
/// threads have no client left to train, so that unequal shards leave no core idle. Nothing that
/// comes out depends on the number of threads.
public final class InProcessFederation: Sendable {
    /// What a federation is made of.
    public struct Configuration: Sendable {
        public var architecture: Architecture
        public var engine: Engine
        public var training: LocalTraining
        public var sampler: ShardSampler
        public var trainingImages: LabelledImages
        public var evaluationSet: EvaluationSet
        public var rounds: RoundEngine.Configuration
        public var seed: UInt64
        public var threads: Int

        public init(
            architecture: Architecture, engine: Engine = .fused, training: LocalTraining,
            sampler: ShardSampler, trainingImages: LabelledImages, evaluationSet: EvaluationSet,
            rounds: RoundEngine.Configuration, seed: UInt64, threads: Int
        ) {
            self.architecture = architecture
            self.engine = engine
            self.training = training
            self.sampler = sampler
            self.trainingImages = trainingImages
            self.evaluationSet = evaluationSet
            self.rounds = rounds
            self.seed = seed
            self.threads = threads
        }
    }

    public let configuration: Configuration
    public let progress = RunProgress()
    private let strategy = FederatedAveraging()
    private let queue = WorkQueue<Work>([])
    private let plans: WorkerPlans
    private let state: Mutex<State>
    private let onRound: @Sendable (CommittedRound, ParameterVector) throws -> Void

    /// - Parameters:
    ///   - rounds: what is committed already of the run; it goes on from there.
    ///   - model: the global model after these rounds.
    ///   - onRound: called with each round and its global model to commit it, in order, on one of
    ///     the workers' threads; the others wait if they have something to report. If it throws,
    ///     the round is not committed and the run ends.
    public init(
        _ configuration: Configuration, resuming rounds: [CommittedRound] = [],
        model: ParameterVector? = nil,
        onRound: @escaping @Sendable (CommittedRound, ParameterVector) throws -> Void
    ) {
        precondition(
            rounds.isEmpty == (model == nil), "committed rounds and their model go together")
        self.configuration = configuration
        self.onRound = onRound
        plans = WorkerPlans(
            configuration.architecture,
            trainingBatchSize: min(
                configuration.training.batchSize, configuration.sampler.largestShard),
            engine: configuration.engine,
            threads: configuration.threads)
        state = Mutex(
            State(
                engine: RoundEngine(configuration.rounds, resuming: rounds.map(\.record)),
                model: model
                    ?? configuration.architecture.initialParameters(seed: configuration.seed),
                aggregate: strategy.makeAggregator(layout: configuration.architecture.layout),
                committed: rounds))
    }

    /// Runs all rounds and returns when the run is over.
    public func run() -> RunResult {
        handle(.begin)
        queue.drain(threads: configuration.threads) { worker, work in
            switch work {
            case .train(let client, let round, let model):
                train(client, round, model, worker)
            case .evaluate(let evaluation, let piece):
                evaluate(evaluation, piece, worker)
            }
        }
        return state.withLock { state in
            RunResult(
                outcome: state.commitError == nil
                    ? state.engine.outcome ?? .interrupted : .interrupted, model: state.model,
                rounds: state.committed, commitError: state.commitError)
        }
    }

    /// Ends the run within a batch's time; committed rounds are kept.
    public func stop() {
        progress.requestStop()
    }

    // MARK: Work

    private enum Work: Sendable {
        case train(client: Int, round: Int, model: ParameterVector)
        case evaluate(PendingEvaluation, piece: Int)
    }

    private func train(_ client: Int, _ round: Int, _ model: ParameterVector, _ worker: Int) {
        let start = MonotonicClock.seconds()
        let shard = configuration.sampler.shard(client: client, round: round)
        do {
            let result = try plans.training(worker).trainLocally(
                configuration.training, from: model, on: configuration.trainingImages,
                shard: shard, seed: configuration.seed, client: client, round: round,
                progress: { progress.add(trained: $0) }, shouldStop: { progress.isStopping })
            let update = ModelUpdate(
                client: client, round: round, sampleCount: shard.count,
                parameters: result.parameters)
            progress.clientTrained(seconds: MonotonicClock.seconds() - start)
            state.withLock {
                $0.updates[client] = update
                $0.classCounts[client] = configuration.trainingImages.classCounts(of: shard)
            }
            handle(.updateReceived(client: client, round: round, sampleCount: shard.count))
        } catch .stopped {
            handle(.stopRequested)
        } catch {
            let failure = ClientFailure(.divergence, reason: "\(error)")
            handle(.clientFailed(client: client, round: round, failure: failure))
        }
    }

    private func evaluate(_ evaluation: PendingEvaluation, _ piece: Int, _ worker: Int) {
        if progress.isStopping { return handle(.stopRequested) }
        let start = MonotonicClock.seconds()
        let result = configuration.evaluationSet.evaluate(
            piece: piece, parameters: evaluation.model, plan: plans.inference(worker))
        progress.add(evaluated: result.count, seconds: MonotonicClock.seconds() - start)
        guard let whole = evaluation.finish(piece: piece, result) else { return }
        state.withLock { $0.waitingModels -= 1 }
        switch evaluation.subject {
        case .client(let client):
            handle(.clientEvaluated(client: client, round: evaluation.round, whole))
        case .global:
            handle(.globalEvaluated(round: evaluation.round, whole))
        }
    }

    // MARK: Engine

    /// Hands an event to the engine and carries out what it asks for, one thread at a time.
    private func handle(_ event: RoundEngine.Event) {
        state.withLock { state in
            var events = [event]
            var work: [Work] = []
            while !events.isEmpty {
                for effect in state.engine.handle(events.removeFirst()) {
                    carryOut(effect, &state, &events, &work)
                }
            }
            // Training comes first, and evaluation fills what it leaves idle, unless so many models
            // wait that their memory counts. The queue takes the last first, and the lowest client
            // is to begin.
            let manyWait = state.waitingModels > 2 * configuration.threads + 4
            queue.push(
                contentsOf: work.reversed(),
                at: !state.engine.hasPendingClients || manyWait ? .front : .back)
        }
    }

    private func carryOut(
        _ effect: RoundEngine.Effect, _ state: inout State, _ events: inout [RoundEngine.Event],
        _ work: inout [Work]
    ) {
        switch effect {
        case .awaitClients(let round, let count):
            preconditionFailure("round \(round) waits for \(count) clients that are all here")
        case .abandon(let round):
            preconditionFailure("round \(round) was abandoned, but no clock runs here")
        case .openRound(let round, let cohort):
            state.aggregate = strategy.makeAggregator(layout: configuration.architecture.layout)
            state.roundStart = MonotonicClock.seconds()
            state.classCounts = [:]
            let shards = cohort.reduce(0) {
                $0 + configuration.sampler.shard(client: $1, round: round).count
            }
            let models = (configuration.rounds.evaluatesClients ? cohort.count : 0) + 1
            progress.open(
                round: round, cohort: cohort.count,
                trainingImages: shards * configuration.training.epochs,
                evaluationImages: models * configuration.evaluationSet.indices.count)
        case .train(let client, let round):
            work.append(.train(client: client, round: round, model: state.model))
        case .accept(let client, let round):
            guard let update = state.updates[client] else {
                preconditionFailure("client \(client)'s update was accepted but never came")
            }
            do {
                try state.aggregate.add(update)
                events.append(.updateFolded(client: client, round: round))
            } catch {
                // The client is ours, so what the sum refuses is a model that grew out of bounds.
                let failure = ClientFailure(.divergence, reason: "\(error)")
                events.append(.updateRefused(client: client, round: round, failure: failure))
            }
            if !configuration.rounds.evaluatesClients { state.updates[client] = nil }
        case .evaluateClient(let client, let round):
            guard let update = state.updates.removeValue(forKey: client) else { return }
            state.waitingModels += 1
            work += evaluation(of: .client(client), round, update.parameters)
        case .aggregate(let round):
            do {
                state.candidate = try strategy.nextModel(
                    after: state.model, aggregate: &state.aggregate)
            } catch {
                preconditionFailure("round \(round) closed without an update: \(error)")
            }
        case .evaluateGlobal(let round):
            state.waitingModels += 1
            work += evaluation(of: .global, round, state.candidate ?? state.model)
        case .commit(let record):
            commit(record, &state, &events)
        case .finish:
            queue.removeAll()
            work.removeAll()
        case .reject(let client, let round, let reason):
            // After the end of a run work in progress still reports; anything else is a mistake.
            precondition(
                state.engine.outcome != nil, "client \(client) in round \(round): \(reason)")
        }
    }

    private func commit(
        _ record: RoundRecord, _ state: inout State, _ events: inout [RoundEngine.Event]
    ) {
        guard state.commitError == nil else { return }
        let model = state.candidate ?? state.model
        let now = progress.snapshot
        let round = CommittedRound(
            record: record, classCounts: state.classCounts,
            seconds: MonotonicClock.seconds() - state.roundStart,
            trainingSeconds: now.trainingSeconds - state.lastProgress.trainingSeconds,
            evaluationSeconds: now.evaluationSeconds - state.lastProgress.evaluationSeconds)
        do {
            try onRound(round, model)
        } catch {
            // What the engine asked for after the commit is dropped with everything else.
            state.commitError = error
            events.append(.stopRequested)
            return
        }
        state.model = model
        state.lastProgress = now
        state.committed.append(round)
    }

    private func evaluation(
        of subject: PendingEvaluation.Subject, _ round: Int, _ model: ParameterVector
    ) -> [Work] {
        let count = configuration.evaluationSet.pieceCount
        let evaluation = PendingEvaluation(
            subject: subject, round: round, model: model, pieceCount: count)
        return (0..<count).map { .evaluate(evaluation, piece: $0) }
    }

    private struct State: Sendable {
        var engine: RoundEngine
        /// The last committed global model, and that which is being evaluated.
        var model: ParameterVector
        var candidate: ParameterVector?
        var aggregate: ExactAccumulator
        var updates: [Int: ModelUpdate] = [:]
        /// Models whose evaluation is not over.
        var waitingModels = 0
        var classCounts: [Int: [Int]] = [:]
        var roundStart = 0.0
        /// What had been done at the last commit.
        var lastProgress = RunProgress.Snapshot()
        var committed: [CommittedRound] = []
        var commitError: (any Error)?
    }
}

/// What came of a run.
public struct RunResult: Sendable {
    public var outcome: Outcome
    /// The last committed global model (the initial one if no round was).
    public var model: ParameterVector
    /// The committed rounds, those included that it went on from.
    public var rounds: [CommittedRound]
    /// Why a round could not be committed; the run then ended as interrupted after those that were.
    public var commitError: (any Error)?

    /// The result of a run.
    public init(
        outcome: Outcome, model: ParameterVector, rounds: [CommittedRound],
        commitError: (any Error)? = nil
    ) {
        self.outcome = outcome
        self.model = model
        self.rounds = rounds
        self.commitError = commitError
    }
}

/// One model's evaluation, in pieces done by several threads.
private final class PendingEvaluation: Sendable {
    enum Subject { case client(Int), global }

    let subject: Subject
    let round: Int
    let model: ParameterVector
    private let results: ResultTable
    private let remaining: Atomic<Int>

    init(subject: Subject, round: Int, model: ParameterVector, pieceCount: Int) {
        self.subject = subject
        self.round = round
        self.model = model
        results = ResultTable(count: pieceCount)
        remaining = Atomic(pieceCount)
    }

    /// Takes a piece's result; whoever brings the last one gets the whole.
    func finish(piece: Int, _ result: BatchResult) -> Evaluation? {
        results[piece] = result
        let left = remaining.subtract(1, ordering: .acquiringAndReleasing).newValue
        return left == 0 ? EvaluationSet.combine(results.all) : nil
    }
}
