import Experiments
import Federation
import FederationClient
import FederationServer
import FederationWire
import NeuralNetworks
import Platform
import Synchronization
import Training

/// A server and its clients in one process that talk over loopback: what an `InProcessFederation` of
/// the same configuration computes, by the way that separate machines take.
///
/// Clients and the server's evaluation share as many threads as a run in memory has.
public final class LoopbackFederation: RunDriver {
    private let configuration: FederationConfiguration
    private let settings: RunSettings
    private let transport: Transport
    private let progress: RunProgress
    private let workers: LocalWorkers
    /// What clients keep of their updates, which a server knows nothing of.
    private let states: SharedStates
    private let onRound: @Sendable (CommittedRound, FederationState) throws -> Void
    private let state: Mutex<State>

    private struct State: Sendable {
        var committed: [CommittedRound]
        var federation: FederationState
        /// Of `states`, what belongs to the committed model.
        var kept: [Int: ClientStates.State] = [:]
        var outcome: Outcome?
        var openRound = 0
        /// Of clients of the plain API, since the last commit.
        var trainingSeconds = 0.0
        var work: AsyncWork<Void>?
        var isStopping = false
    }

    /// A federation that waits for `run`.
    /// - Throws: what encoding the architecture throws.
    public init(_ run: LoopbackRun) throws {
        configuration = run.configuration
        let timing = ServerTiming()
        // Nobody outside this process sees the name.
        guard let name = RunIdentifier("loopback") else { preconditionFailure("a run has no name") }
        self.settings = try RunSettings(
            run.spec, inputs: run.inputs, architecture: configuration.architecture, run: name,
            heartbeatSeconds: timing.heartbeatSeconds, pollSeconds: timing.pollSeconds)
        transport = run.transport
        progress = run.progress
        onRound = run.onRound
        workers = LocalWorkers(
            configuration.architecture, engine: configuration.engine, loss: configuration.loss,
            training: configuration.training, largestShard: configuration.shards.largestShard,
            threads: configuration.threads)
        let state = run.state ?? configuration.initialState
        states = SharedStates(after: run.rounds, state, configuration.strategy)
        self.state = Mutex(State(committed: run.rounds, federation: state))
    }

    /// Runs all rounds and returns when the run is over.
    public func run() -> RunResult {
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
    public func stop() {
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
            version: LibraryVersion.text)
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
            let clients = Task { try await takePart(at: address) }
            // Clients of a server that has ended would try for as long as they have patience.
            Task {
                _ = await serving.result
                clients.cancel()
            }
            result = .success(
                try await withTaskCancellationHandler {
                    try await clients.value
                } onCancel: {
                    clients.cancel()
                })
        } catch {
            result = .failure(error)
        }
        federation.stop()
        // Why a round could not be committed says more than that clients then went without a server.
        try await serving.value
        try result.get()
    }

    private func servedRun() -> ServedRun {
        let (rounds, known) = state.withLock { ($0.committed, $0.federation) }
        let rules = configuration.rounds
        return ServedRun(
            settings: settings,
            plan: RunPlan(
                rules: RoundEngine.Configuration(
                    population: rules.population, rounds: rules.rounds,
                    targetAccuracy: rules.targetAccuracy, patience: rules.patience,
                    evaluationInterval: rules.evaluationInterval,
                    evaluatesClients: rules.evaluatesClients, seed: configuration.seed,
                    cohortSize: rules.cohortSize, minimumClients: rules.cohortSize,
                    waitsForClients: true),
                strategy: configuration.strategy, layout: configuration.architecture.layout,
                seed: configuration.seed, opensBeforeCommit: false),
            state: known, rounds: rounds,
            work: { [training = configuration.training] in
                training.work(samples: $0, client: $1, round: $2)
            },
            evaluate: { [self] subject, round, model in
                let whole = await workers.evaluate(
                    model, on: configuration.evaluationSet(for: subject, in: round))
                progress.add(evaluated: whole.0.count, seconds: whole.seconds)
                return whole
            },
            commit: { [self] round, known in try commit(round, known) },
            finish: { [self] outcome, _ in state.withLock { $0.outcome = outcome } })
    }

    /// Makes a round permanent, with what its clients have kept beside what the server knows.
    private func commit(_ round: CommittedRound, _ known: FederationState) throws {
        let number = round.record.round
        let whole = state.withLock { state in
            for part in round.record.clients where part.sampleCount != nil {
                state.kept[part.client] = states.of(part.client).state(after: number)
            }
            var whole = known
            for (client, kept) in state.kept {
                whole.clients[client, default: [:]].merge(kept) { _, new in new }
            }
            return whole
        }
        let round = transport == .json ? reported(round) : round
        try onRound(round, whole)
        state.withLock { state in
            round.append(to: &state.committed)
            state.federation = whole
        }
    }

    /// A round with what clients of the plain API have no way to say of their training.
    private func reported(_ round: CommittedRound) -> CommittedRound {
        var round = round
        for part in round.record.clients where part.sampleCount != nil {
            round.classCounts[part.client] = configuration.trainingImages.classCounts(
                of: configuration.shards.shard(client: part.client, round: round.record.round))
        }
        round.trainingSeconds = state.withLock { state in
            defer { state.trainingSeconds = 0 }
            return state.trainingSeconds
        }
        return round
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
        var half = configuration.strategy
        // What the plain API's clients don't do, the server does.
        half.transforms = transport == .json ? [] : half.clientTransforms
        return LocalParticipant(
            client: client, seed: configuration.seed, images: configuration.trainingImages,
            shards: configuration.shards, workers: workers, architecture: settings.architecture,
            strategy: half, states: half.hasClientState ? states.of(client) : nil,
            onBegin: { [self] round in begin(round) },
            onImages: { [progress] in progress.add(trained: $0) },
            onEnd: { [self] seconds in
                progress.clientTrained(seconds: seconds)
                state.withLock { $0.trainingSeconds += seconds }
            })
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
        progress.open(
            round: round, cohort: cohort,
            trainingImages: (0..<cohort).reduce(0) {
                $0 + configuration.imageCount(client: $1, round: round)
            },
            evaluationImages: configuration.evaluationImages(cohort: cohort))
    }
}
