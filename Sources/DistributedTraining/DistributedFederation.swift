import Datasets
import Federation
import LocalTraining
import NeuralNetworks
import Synchronization
import Tensors

/// A federation whose cohort several processes share: what an `InProcessFederation` of the same
/// configuration computes, with however many ranks.
///
/// This is rank 0's half: it drives the round engine, deals each round's clients, trains its own share
/// beside the others and commits. A round takes one reduction, of every rank's exact sum; the test set
/// is split. The other ranks run `RankWorker.serve`.
public final class DistributedFederation: Sendable {
    private let configuration: InProcessFederation.Configuration
    private let communicator: any Communicator
    private let worker: RankWorker
    private let progress: RunProgress
    private let onRound: @Sendable (CommittedRound, FederationState) throws -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - progress: told how far the run is.
    ///   - rounds: what is committed already of the run.
    ///   - state: what the federation knows after these rounds.
    ///   - onRound: called with each round and what is known after it, to commit it.
    /// - Precondition: this is rank 0, and the strategy's clients keep nothing from round to round.
    public init(
        _ configuration: InProcessFederation.Configuration, _ communicator: any Communicator,
        progress: RunProgress, resuming rounds: [CommittedRound] = [],
        state: FederationState? = nil,
        onRound: @escaping @Sendable (CommittedRound, FederationState) throws -> Void
    ) {
        precondition(communicator.rank == 0, "rank \(communicator.rank) does not lead")
        self.configuration = configuration
        self.communicator = communicator
        self.progress = progress
        self.onRound = onRound
        worker = RankWorker(configuration, communicator)
        self.state = Mutex(
            State(
                engine: RoundEngine(configuration.rounds, resuming: rounds.map(\.record)),
                federation: state
                    ?? FederationState(
                        model: configuration.architecture.initialParameters(
                            seed: configuration.seed)),
                committed: rounds,
                speeds: Array(repeating: 1, count: communicator.size)))
    }

    /// Runs all rounds and returns when the run is over; the other ranks then wait for `dismiss`.
    public func run() -> RunResult {
        state.withLock { state in
            var events: [RoundEngine.Event] = [.begin]
            while !events.isEmpty {
                while !events.isEmpty {
                    for effect in state.engine.handle(events.removeFirst()) {
                        carryOut(effect, &state, &events)
                    }
                }
                if !state.clients.isEmpty { train(&state, &events) }
            }
            return RunResult(
                outcome: state.commitError == nil
                    ? state.engine.outcome ?? .interrupted : .interrupted,
                model: state.federation.model, rounds: state.committed,
                commitError: state.commitError)
        }
    }

    /// Ends the run within a batch's time, where all ranks are told; committed rounds are kept.
    public func stop() {
        progress.requestStop()
        worker.stop()
    }

    /// Tells the ranks that serve to return.
    public static func dismiss(_ communicator: any Communicator) {
        _ = communicator.broadcast(value: RankOrder.end)
    }

    /// How much of the cores' time in each round of this process went without work, 0…1.
    ///
    /// The time is that from a round's order to the last rank's report, on all threads of all ranks.
    public var idleShares: [Double] { state.withLock { $0.idleShares } }

    // MARK: Engine

    private func carryOut(
        _ effect: RoundEngine.Effect, _ state: inout State, _ events: inout [RoundEngine.Event]
    ) {
        switch effect {
        case .awaitClients(let round, _), .extendRound(let round, updates: _):
            preconditionFailure("round \(round) waits for clients that are all here")
        case .abandon, .evaluateClient:
            // An abandoned round opens anew; clients' models were tested where they were trained.
            break
        case .openRound(let round, let cohort):
            if round != state.round { state.roundStart = MonotonicClock.seconds() }
            state.round = round
            state.clients = []
            open(round, cohort)
        case .train(let client, _):
            state.clients.append(client)
        case .accept(let client, let round):
            if let failure = state.refusals[client] {
                events.append(.updateRefused(client: client, round: round, failure: failure))
            } else {
                events.append(.updateFolded(client: client, round: round))
            }
        case .aggregate(let round):
            do {
                state.candidate = try state.aggregate?.next(
                    after: state.federation, population: configuration.rounds.population)
            } catch {
                let failure = ClientFailure(.divergence, reason: "\(error)")
                events.append(.aggregateFailed(round: round, failure: failure))
            }
        case .evaluateGlobal(let round):
            evaluate((state.candidate ?? state.federation).model, round, &state, &events)
        case .commit(let record):
            commit(record, &state, &events)
        case .finish:
            state.clients = []
        case .reject(let client, let round, let reason):
            precondition(
                state.engine.outcome != nil, "client \(client) in round \(round): \(reason)")
        }
    }

    private func open(_ round: Int, _ cohort: [Int]) {
        let images = cohort.reduce(0) { $0 + cost(of: $1, round) }
        let models = (configuration.rounds.evaluatesClients ? cohort.count : 0) + 1
        progress.open(
            round: round, cohort: cohort.count, trainingImages: images,
            evaluationImages: models * configuration.evaluationSet.indices.count)
    }

    /// Images that a client trains on in a round.
    private func cost(of client: Int, _ round: Int) -> Int {
        configuration.training.imageCount(
            samples: configuration.shards.sampleCount(client: client, round: round))
    }

    // MARK: Work

    private func train(_ state: inout State, _ events: inout [RoundEngine.Event]) {
        let start = MonotonicClock.seconds()
        let round = state.round
        // An image costs three times as much to train on as to test.
        let tested =
            configuration.rounds.evaluatesClients
            ? Double(configuration.evaluationSet.indices.count) / 3 : 0
        let deal = WorkDeal(
            state.clients.map { ($0, Double(cost(of: $0, round)) + tested) }, speeds: state.speeds)
        let dropouts = Set(state.clients.filter { state.engine.dropsOutAfterTraining($0) })
        state.clients = []
        let isNew = state.sentModel.map { !$0.isIdentical(to: state.federation.model) } ?? true
        _ = communicator.broadcast(
            value: RankOrder.train(
                round: round, clients: deal.clients, dropouts: dropouts, newModel: isNew))
        if isNew { send(state.federation.model, &state) }
        let (sum, own) = worker.train(
            deal.clients[0], round: round, dropouts: dropouts, from: state.federation.model,
            progress: { [progress] in progress.add(trained: $0) })
        let reports = communicator.gather(value: own)
        note(reports, seconds: MonotonicClock.seconds() - start, &state)
        reduce(sum, reports, round, &state, &events)
    }

    /// Makes one sum of all ranks', and events of what they report.
    private func reduce(
        _ sum: RoundAggregate, _ reports: [TrainingReport], _ round: Int, _ state: inout State,
        _ events: inout [RoundEngine.Event]
    ) {
        if progress.isStopping || reports.contains(where: \.isStopped) {
            _ = communicator.broadcast(value: SumOrder())
            events.append(.stopRequested)
            return
        }
        var overflow: ClientFailure?
        var whole: RoundAggregate.Totals?
        do {
            whole = try reports.dropFirst().reduce(reports[0].totals) { sum, report in
                try sum.adding(report.totals)
            }
        } catch {
            // Only clients whose models grew out of bounds can have filled the sum.
            overflow = ClientFailure(.divergence, reason: "\(error)")
        }
        _ = communicator.broadcast(value: SumOrder(whole: whole))
        if let whole {
            var sum = sum
            sum.reduce(to: whole, communicator.sum)
            state.aggregate = sum
        }
        state.refusals = [:]
        for part in reports.flatMap(\.parts).sorted(by: { $0.client < $1.client }) {
            if let failure = part.failure, !part.isRefused {
                events.append(
                    .clientFailed(client: part.client, round: round, failure: failure))
                continue
            }
            state.refusals[part.client] = part.failure ?? overflow
            events.append(
                .updateReceived(client: part.client, round: round, sampleCount: part.sampleCount))
            if let evaluation = part.evaluation {
                events.append(
                    .clientEvaluated(client: part.client, round: round, evaluation))
            }
        }
    }

    private func evaluate(
        _ model: ParameterVector, _ round: Int, _ state: inout State,
        _ events: inout [RoundEngine.Event]
    ) {
        _ = communicator.broadcast(value: RankOrder.evaluate)
        send(model, &state)
        let reports = communicator.gather(value: worker.evaluate(model))
        if progress.isStopping || reports.contains(where: \.isStopped) {
            return events.append(.stopRequested)
        }
        let pieces = reports.flatMap(\.pieces).sorted { $0.piece < $1.piece }.map { piece in
            var result = BatchResult(count: piece.count)
            result.lossSum = piece.lossSum
            result.correct = piece.correct
            return result
        }
        let whole = EvaluationSet.combine(pieces)
        progress.add(evaluated: whole.count, seconds: reports.reduce(0) { $0 + $1.seconds })
        events.append(.globalEvaluated(round: round, whole))
    }

    private func send(_ model: ParameterVector, _ state: inout State) {
        model.withUnsafeBufferPointer {
            // Rank 0's bytes are read only.
            communicator.broadcast(
                UnsafeMutableRawBufferPointer(
                    start: UnsafeMutableRawPointer(mutating: $0.baseAddress),
                    count: $0.count * MemoryLayout<Float>.stride))
        }
        state.sentModel = model
    }

    /// Takes note of how fast the ranks were, and of how long they waited.
    private func note(_ reports: [TrainingReport], seconds: Double, _ state: inout State) {
        let busy = reports.reduce(0) { $0 + $1.trainingSeconds + $1.evaluationSeconds }
        let all = seconds * Double(reports.count * configuration.threads)
        state.idleShares.append(max(0, 1 - busy / all))
        for (rank, report) in reports.enumerated() {
            let own = report.trainingSeconds + report.evaluationSeconds
            let done = Double(report.imagesTrained) + Double(report.imagesEvaluated) / 3
            if own > 0, done > 0 {
                let before = state.hasSpeeds ? state.speeds[rank] : done / own
                state.speeds[rank] = (before + done / own) / 2
            }
            if rank > 0 { progress.add(trained: report.imagesTrained) }
            progress.add(evaluated: report.imagesEvaluated, seconds: report.evaluationSeconds)
            progress.clientsTrained(report.parts.count, seconds: report.trainingSeconds)
        }
        state.hasSpeeds = true
    }

    private func commit(
        _ record: RoundRecord, _ state: inout State, _ events: inout [RoundEngine.Event]
    ) {
        guard state.commitError == nil else { return }
        let federation = state.candidate ?? state.federation
        let now = progress.snapshot
        let counts = record.clients.filter { $0.sampleCount != nil }.map { part in
            let shard = configuration.shards.shard(client: part.client, round: record.round)
            return (part.client, configuration.trainingImages.classCounts(of: shard))
        }
        let round = CommittedRound(
            record: record, classCounts: Dictionary(uniqueKeysWithValues: counts),
            seconds: MonotonicClock.seconds() - state.roundStart,
            trainingSeconds: now.trainingSeconds - state.lastProgress.trainingSeconds,
            evaluationSeconds: now.evaluationSeconds - state.lastProgress.evaluationSeconds)
        do {
            try onRound(round, federation)
        } catch {
            state.commitError = error
            events.append(.stopRequested)
            return
        }
        state.federation = federation
        state.lastProgress = now
        state.committed.append(round)
    }

    private struct State: Sendable {
        var engine: RoundEngine
        var federation: FederationState
        var candidate: FederationState?
        var aggregate: RoundAggregate?
        var round = 0
        var roundStart = 0.0
        /// Clients that are to be trained in the open round.
        var clients: [Int] = []
        /// Updates of the round that a sum did not take.
        var refusals: [Int: ClientFailure] = [:]
        /// What the other ranks have.
        var sentModel: ParameterVector?
        var lastProgress = RunProgress.Snapshot()
        var committed: [CommittedRound]
        var commitError: (any Error)?
        /// Images a second of each thread, by rank.
        var speeds: [Double]
        var hasSpeeds = false
        var idleShares: [Double] = []
    }
}
