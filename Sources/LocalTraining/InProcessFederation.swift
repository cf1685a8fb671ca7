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
        public var strategy: Strategy
        public var training: LocalTraining
        public var shards: ShardSource
        public var trainingImages: LabelledImages
        public var evaluationSet: EvaluationSet
        public var rounds: RoundEngine.Configuration
        public var seed: UInt64
        public var threads: Int

        public init(
            architecture: Architecture, engine: Engine = .fused, strategy: Strategy = .fedAvg,
            training: LocalTraining, shards: ShardSource, trainingImages: LabelledImages,
            evaluationSet: EvaluationSet,
            rounds: RoundEngine.Configuration, seed: UInt64, threads: Int
        ) {
            self.architecture = architecture
            self.engine = engine
            self.strategy = strategy
            self.training = training
            self.shards = shards
            self.trainingImages = trainingImages
            self.evaluationSet = evaluationSet
            self.rounds = rounds
            self.seed = seed
            self.threads = threads
        }
    }

    public let configuration: Configuration
    public let progress = RunProgress()
    private let queue = WorkQueue<Work>([])
    private let plans: WorkerPlans
    private let state: Mutex<State>
    private let onRound: @Sendable (CommittedRound, FederationState) throws -> Void

    /// - Parameters:
    ///   - rounds: what is committed already of the run; it goes on from there.
    ///   - state: what the federation knows after these rounds; nil for a run that begins.
    ///   - onRound: called with each round and what is known after it to commit it, in order, on one of
    ///     the workers' threads; the others wait if they have something to report. If it throws,
    ///     the round is not committed and the run ends.
    public init(
        _ configuration: Configuration, resuming rounds: [CommittedRound] = [],
        state: FederationState? = nil,
        onRound: @escaping @Sendable (CommittedRound, FederationState) throws -> Void
    ) {
        precondition(
            rounds.isEmpty == (state == nil), "committed rounds and their state go together")
        self.configuration = configuration
        self.onRound = onRound
        plans = WorkerPlans(
            configuration.architecture,
            trainingBatchSize: configuration.training.batchSize(
                samples: configuration.shards.largestShard),
            engine: configuration.engine,
            threads: configuration.threads)
        self.state = Mutex(
            State(
                engine: RoundEngine(configuration.rounds, resuming: rounds.map(\.record)),
                federation: state
                    ?? FederationState(
                        model: configuration.architecture.initialParameters(
                            seed: configuration.seed)),
                committed: rounds))
    }

    /// Runs all rounds and returns when the run is over.
    public func run() -> RunResult {
        handle(.begin)
        queue.drain(threads: configuration.threads) { worker, work in
            switch work {
            case .train(let client, let round, let state):
                train(client, round, state, worker)
            case .evaluate(let evaluation, let piece):
                evaluate(evaluation, piece, worker)
            }
        }
        return state.withLock { state in
            RunResult(
                outcome: state.commitError == nil
                    ? state.engine.outcome ?? .interrupted : .interrupted,
                model: state.federation.model,
                rounds: state.committed, commitError: state.commitError)
        }
    }

    /// Ends the run within a batch's time; committed rounds are kept.
    public func stop() {
        progress.requestStop()
    }

    // MARK: Work

    private enum Work: Sendable {
        case train(client: Int, round: Int, state: FederationState)
        case evaluate(PendingEvaluation, piece: Int)
    }

    private func train(_ client: Int, _ round: Int, _ before: FederationState, _ worker: Int) {
        let start = MonotonicClock.seconds()
        let (training, strategy) = (configuration.training, configuration.strategy)
        let shard = configuration.shards.shard(client: client, round: round)
        do {
            let result = try plans.training(worker).trainLocally(
                training, from: before.model, on: configuration.trainingImages,
                shard: shard, seed: configuration.seed, client: client, round: round,
                correction: strategy.correction(for: client, in: before),
                progress: { progress.add(trained: $0) }, shouldStop: { progress.isStopping })
            let update = ModelUpdate(
                client: client, round: round, sampleCount: shard.count,
                parameters: result.parameters)
            let contribution = try strategy.contribution(
                of: update, after: before, work: training.work(samples: shard.count, round: round))
            progress.clientTrained(seconds: MonotonicClock.seconds() - start)
            state.withLock {
                $0.updates[client] = (contribution, result.parameters)
                $0.classCounts[client] = configuration.trainingImages.classCounts(of: shard)
            }
            handle(.updateReceived(client: client, round: round, sampleCount: shard.count))
        } catch LocalTrainingError.stopped {
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
        case .awaitClients(let round, _), .extendRound(let round, updates: _):
            preconditionFailure("round \(round) waits for clients that are all here")
        case .abandon:
            // Too few clients took part, as chance had it; the round opens anew.
            break
        case .openRound(let round, let cohort):
            state.aggregate = RoundAggregate(
                configuration.strategy, layout: configuration.architecture.layout)
            if round != state.round { state.roundStart = MonotonicClock.seconds() }
            state.round = round
            state.updates = [:]
            state.clientStates = [:]
            state.classCounts = [:]
            let images = cohort.reduce(0) {
                $0
                    + configuration.training.imageCount(
                        samples: configuration.shards.sampleCount(client: $1, round: round))
            }
            let models = (configuration.rounds.evaluatesClients ? cohort.count : 0) + 1
            progress.open(
                round: round, cohort: cohort.count,
                trainingImages: images,
                evaluationImages: models * configuration.evaluationSet.indices.count)
        case .train(let client, let round):
            work.append(.train(client: client, round: round, state: state.federation))
        case .accept(let client, let round):
            guard let (contribution, _) = state.updates[client] else {
                preconditionFailure("client \(client)'s update was accepted but never came")
            }
            do {
                try state.aggregate?.add([contribution])
                state.clientStates[client] = contribution.clientState
                events.append(.updateFolded(client: client, round: round))
            } catch {
                // The client is ours, so what the sum refuses is a model that grew out of bounds.
                let failure = ClientFailure(.divergence, reason: "\(error)")
                events.append(.updateRefused(client: client, round: round, failure: failure))
            }
            if !configuration.rounds.evaluatesClients { state.updates[client] = nil }
        case .evaluateClient(let client, let round):
            guard let (_, model) = state.updates.removeValue(forKey: client) else { return }
            state.waitingModels += 1
            work += evaluation(of: .client(client), round, model)
        case .aggregate(let round):
            do {
                var next = try state.aggregate?.next(
                    after: state.federation, population: configuration.rounds.population)
                next?.clients.merge(state.clientStates) { _, new in new }
                state.candidate = next
            } catch {
                let failure = ClientFailure(.divergence, reason: "\(error)")
                events.append(.aggregateFailed(round: round, failure: failure))
            }
        case .evaluateGlobal(let round):
            state.waitingModels += 1
            work += evaluation(of: .global, round, (state.candidate ?? state.federation).model)
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
        let federation = state.candidate ?? state.federation
        let now = progress.snapshot
        // Whoever dropped out after training has no part in the round.
        let counted = Set(record.clients.filter { $0.sampleCount != nil }.map(\.client))
        let round = CommittedRound(
            record: record, classCounts: state.classCounts.filter { counted.contains($0.key) },
            seconds: MonotonicClock.seconds() - state.roundStart,
            trainingSeconds: now.trainingSeconds - state.lastProgress.trainingSeconds,
            evaluationSeconds: now.evaluationSeconds - state.lastProgress.evaluationSeconds)
        do {
            try onRound(round, federation)
        } catch {
            // What the engine asked for after the commit is dropped with everything else.
            state.commitError = error
            events.append(.stopRequested)
            return
        }
        state.federation = federation
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
        /// What was committed last, and what is being evaluated.
        var federation: FederationState
        var candidate: FederationState?
        /// The open round, its sum, and what has come for it.
        var round = 0
        var aggregate: RoundAggregate?
        var updates: [Int: (contribution: Contribution, model: ParameterVector)] = [:]
        /// What the strategy keeps for clients whose updates are in the sum.
        var clientStates: [Int: ParameterVector] = [:]
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
