import Federation
import FederationClient
import FederationServer
import FederationWire
import LocalTraining
import NeuralNetworks
import Synchronization
import Tensors

/// A server and its clients in one process that talk over loopback: what an `InProcessFederation` of
/// the same configuration computes, by the way that separate machines take.
///
/// Clients and the server's evaluation share as many threads as a run in memory has.
final class LoopbackFederation: Sendable {
    private let configuration: InProcessFederation.Configuration
    private let settings: RunSettings
    private let transport: Transport
    private let progress: RunProgress
    private let workers: LocalWorkers
    private let digest: ArchitectureDigest
    private let onRound: @Sendable (CommittedRound, FederationState) throws -> Void
    private let state: Mutex<State>

    /// Nobody outside this process sees the name.
    private static let run: RunIdentifier = {
        guard let run = RunIdentifier("loopback") else {
            preconditionFailure("the run has no name")
        }
        return run
    }()

    private struct State: Sendable {
        var committed: [CommittedRound]
        var federation: FederationState
        var outcome: Outcome?
        var openRound = 0
        /// What had been done at the last commit.
        var last = RunProgress.Snapshot()
        var work: AsyncWork<Void>?
        var isStopping = false
    }

    /// - Parameters:
    ///   - progress: told how far the run is.
    ///   - rounds: what is committed already of the run.
    ///   - state: what the federation knows after these rounds.
    ///   - onRound: called with each round and what is known after it, to commit it.
    init(
        _ configuration: InProcessFederation.Configuration, settings: ExperimentSettings,
        transport: Transport, progress: RunProgress, resuming rounds: [CommittedRound] = [],
        state: FederationState? = nil,
        onRound: @escaping @Sendable (CommittedRound, FederationState) throws -> Void
    ) throws {
        self.configuration = configuration
        let timing = ServerTiming()
        self.settings = try RunSettings(
            settings, architecture: configuration.architecture, run: Self.run,
            heartbeatSeconds: timing.heartbeatSeconds, pollSeconds: timing.pollSeconds)
        self.transport = transport
        self.progress = progress
        self.onRound = onRound
        digest = try configuration.architecture.digest()
        workers = LocalWorkers(
            configuration.architecture, engine: configuration.engine,
            training: configuration.training, largestShard: configuration.shards.largestShard,
            threads: configuration.threads)
        self.state = Mutex(
            State(
                committed: rounds,
                federation: state
                    ?? FederationState(
                        model: configuration.architecture.initialParameters(
                            seed: configuration.seed))))
    }

    /// Runs all rounds and returns when the run is over.
    func run() -> RunResult {
        let work = AsyncWork { [self] in try await serve() }
        let isStopping = state.withLock { state in
            state.work = work
            return state.isStopping
        }
        if isStopping { work.cancel() }
        let result = work.wait()
        workers.close()
        return state.withLock { state in
            state.work = nil
            var commitError: (any Error)?
            if case .failure(let error) = result, !(error is CancellationError) {
                commitError = error
            }
            return RunResult(
                outcome: commitError == nil ? state.outcome ?? .interrupted : .interrupted,
                model: state.federation.model, rounds: state.committed, commitError: commitError)
        }
    }

    /// Ends the run within a batch's time; committed rounds are kept.
    func stop() {
        progress.requestStop()
        state.withLock { state in
            state.isStopping = true
            state.work?.cancel()
        }
    }

    // MARK: Server

    private func serve() async throws {
        var server = ServerConfiguration(
            limits: ServerLimits(parameterCount: settings.parameterCount),
            version: Federated.version)
        server.port = 0
        // Clients live in this very process: one that is slow has not vanished.
        server.timing.silenceSeconds = 3600
        server.timing.disconnectionSeconds = 60
        server.timing.drainSeconds = 1
        let federation = try FederationServer(
            server, run: servedRun(),
            makeRun: { _ in
                throw APIError(.forbidden, "this server has one run, which its command began")
            },
            report: { _ in })
        let serving = Task { try await federation.run() }
        guard let port = await federation.port else { return try await serving.value }
        let result: Result<Void, any Error>
        do {
            let address = try ServerAddress("http://127.0.0.1:\(port)")
            result = .success(try await takePart(at: address))
        } catch {
            result = .failure(error)
        }
        federation.stop()
        // Why a round could not be committed says more than that clients then went without a server.
        try await serving.value
        try result.get()
    }

    private func servedRun() -> ServedRun {
        let (records, seconds, known) = state.withLock {
            ($0.committed.map(\.record), $0.committed.map(\.seconds), $0.federation)
        }
        let rules = configuration.rounds
        return ServedRun(
            settings: settings,
            rules: RoundEngine.Configuration(
                population: rules.population, rounds: rules.rounds,
                targetAccuracy: rules.targetAccuracy, patience: rules.patience,
                evaluationInterval: rules.evaluationInterval,
                evaluatesClients: rules.evaluatesClients, seed: configuration.seed,
                cohortSize: rules.cohortSize, minimumClients: rules.cohortSize,
                waitsForClients: true),
            strategy: configuration.strategy, layout: configuration.architecture.layout,
            records: records, recordSeconds: seconds, state: known,
            work: { [training = configuration.training] in training.work(samples: $0, round: $1) },
            evaluate: { [self] model in
                let start = MonotonicClock.seconds()
                let evaluation = await workers.evaluate(model, on: configuration.evaluationSet)
                progress.add(
                    evaluated: evaluation.count, seconds: MonotonicClock.seconds() - start)
                return evaluation
            },
            commit: { [self] record, known, seconds in try commit(record, known, seconds) },
            finish: { [self] outcome, _ in state.withLock { $0.outcome = outcome } })
    }

    private func commit(_ record: RoundRecord, _ known: FederationState, _ seconds: Double) throws {
        let now = progress.snapshot
        let last = state.withLock { $0.last }
        let images = configuration.trainingImages
        let counts = record.clients.filter { $0.sampleCount != nil }.map { part in
            let shard = configuration.shards.shard(client: part.client, round: record.round)
            return (part.client, images.classCounts(of: shard))
        }
        let round = CommittedRound(
            record: record, classCounts: Dictionary(uniqueKeysWithValues: counts),
            seconds: seconds, trainingSeconds: now.trainingSeconds - last.trainingSeconds,
            evaluationSeconds: now.evaluationSeconds - last.evaluationSeconds)
        try onRound(round, known)
        state.withLock { state in
            state.committed.append(round)
            state.federation = known
            state.last = now
        }
    }

    // MARK: Clients

    private func takePart(at address: ServerAddress) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<configuration.rounds.population {
                group.addTask { [self] in
                    let participant = participant(client)
                    let reach = ClientConfiguration(address: address, client: client)
                    if transport == .json {
                        let plain = PlainClient(
                            reach, participant: participant, rounds: settings.rounds,
                            isOver: { [self] in state.withLock { $0.outcome != nil } })
                        try await plain.run()
                    } else {
                        let client = FederationClient(
                            reach, prepare: { _ in participant }, report: { _ in })
                        _ = try await client.run()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func participant(_ client: Int) -> LocalParticipant {
        LocalParticipant(
            client: client, seed: configuration.seed, images: configuration.trainingImages,
            shards: configuration.shards, workers: workers, architecture: digest,
            onBegin: { [self] round in begin(round) },
            onImages: { [progress] in progress.add(trained: $0) },
            onEnd: { [progress] in progress.clientTrained(seconds: $0) })
    }

    /// The first client that trains in a round opens it for whoever watches.
    private func begin(_ round: Int) {
        let isFirst = state.withLock { state in
            defer { state.openRound = max(state.openRound, round) }
            return round > state.openRound
        }
        guard isFirst else { return }
        let cohort = configuration.rounds.cohortSize
        // Which clients the server has chosen it keeps to itself: the first stand for all.
        let images = (0..<cohort).reduce(0) {
            $0
                + configuration.training.imageCount(
                    samples: configuration.shards.sampleCount(client: $1, round: round))
        }
        let models = (configuration.rounds.evaluatesClients ? cohort : 0) + 1
        progress.open(
            round: round, cohort: cohort, trainingImages: images,
            evaluationImages: models * configuration.evaluationSet.indices.count)
    }
}
