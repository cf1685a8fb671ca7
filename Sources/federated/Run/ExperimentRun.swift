import Datasets
import Federation
import Foundation
import JSON
import NeuralNetworks
import Platform
import RankTraining
import Tensors
import Training

/// One experiment on data that is there: the federation, and the log of what comes of it.
package struct ExperimentRun {
    let settings: ExperimentSettings
    let dataset: Dataset
    let threads: Int
    package let architecture: Architecture
    let federation: InProcessFederation
    /// What the run is made of.
    package var parts: FederationConfiguration { federation.configuration }
    let transport: Transport
    /// Where clients are trained.
    let execution: Execution
    let started: Date
    /// What it reads, by fingerprints.
    let inputs: RunInputs
    private let startSeconds: Double
    private let configuration: JSONValue
    /// The same federation over loopback, where that was asked for.
    private let loopback: LoopbackFederation?
    /// The same federation over several processes, where that was asked for.
    private let distributed: DistributedFederation?
    /// How many processes share it.
    let ranks: Int
    /// The rounds of earlier processes that it goes on from.
    private let earlier: [CommittedRound]

    /// - Parameters:
    ///   - fingerprint: the data's, where it is known.
    ///   - loadStart: when reading the data began, so that the log's total counts it.
    ///   - resumed: the run to go on with.
    ///   - transport: how clients reach the server; it changes no bit.
    ///   - communicator: the processes that share the run, led by this one; they change no bit.
    ///   - onRound: called with each round and what is known after it, to commit it.
    ///   - execution: where clients are trained; nil where transport and communicator tell.
    /// - Throws: `SettingsError` if no run can have the settings, what `checked` throws, `CommandFailure`
    ///   if a file divides the data otherwise than it did for the run to go on with.
    package init(
        _ settings: ExperimentSettings, dataset: Dataset, fingerprint: UInt64? = nil, threads: Int,
        loadStart: Double = MonotonicClock.seconds(), resumed: ResumedRun? = nil,
        transport: Transport = .memory, communicator: (any Communicator)? = nil,
        execution: Execution? = nil,
        onRound: @escaping @Sendable (CommittedRound, FederationState) throws -> Void
    ) throws {
        let execution =
            execution
            ?? (communicator != nil
                ? .ranks : transport == .memory ? .memory : .loopback(transport))
        // Settings come from a command line, a store, a request or another rank.
        let settings = try settings.validated(for: execution)
        self.settings = settings
        self.execution = execution
        self.dataset = dataset
        self.threads = threads
        startSeconds = loadStart
        started = resumed?.run.header.started ?? Date()
        earlier = resumed?.rounds ?? []
        let shards: ShardSource
        (architecture, shards) = try settings.checked(on: dataset, threads: threads, for: execution)
        inputs = RunInputs(
            settings, data: fingerprint ?? dataset.fingerprint, shards: shards)
        try resumed?.source.check(inputs, settings, run: resumed?.run.name ?? "")
        federation = InProcessFederation(
            InProcessFederation.Configuration(
                architecture: architecture, engine: settings.engine,
                strategy: settings.federatedStrategy, training: settings.training,
                shards: shards, trainingImages: dataset.train,
                evaluationSet: EvaluationSet(
                    dataset.test, fraction: settings.evaluationFraction, seed: settings.seed),
                rounds: settings.rules, seed: settings.seed, threads: threads),
            resuming: earlier, state: resumed?.state, onRound: onRound)
        // Settings hold nothing that JSON has not.
        configuration = try settings.configuration()
        self.transport = transport
        loopback =
            transport == .memory
            ? nil
            : try LoopbackFederation(
                federation.configuration, settings: settings, inputs: inputs, transport: transport,
                progress: federation.progress, resuming: earlier, state: resumed?.state,
                onRound: onRound)
        ranks = communicator?.size ?? 1
        distributed = communicator.map { [federation, earlier] in
            DistributedFederation(
                federation.configuration, $0, progress: federation.progress, resuming: earlier,
                state: resumed?.state, onRound: onRound)
        }
    }

    /// Whether ranks share it, be it one alone.
    var isShared: Bool { distributed != nil }

    /// Runs all rounds and returns when the run is over.
    package func run() -> RunResult { loopback?.run() ?? distributed?.run() ?? federation.run() }

    /// Ends the run within a batch's time; committed rounds are kept.
    func stop() {
        federation.stop()
        loopback?.stop()
        distributed?.stop()
    }

    /// How many rounds it had when it was resumed.
    var resumedRounds: Int { earlier.count }

    /// How many samples each of the first clients has in the first round: of all, unless they are many.
    var samplesByClient: [Int: Int] {
        let shards = federation.configuration.shards
        return Dictionary(
            uniqueKeysWithValues: (0..<min(settings.clients, Self.clientsShown)).map {
                ($0, shards.sampleCount(client: $0, round: 1))
            })
    }

    /// Of a population beyond this, only those that take part are looked at.
    private static let clientsShown = 10_000

    /// The log of a run that is over, without its final weights.
    func log(of result: RunResult) -> RunLog {
        var log = header
        for round in result.rounds { log.append(round) }
        log.timings.trainingSeconds = result.rounds.reduce(0) { $0 + $1.trainingSeconds }
        log.timings.evaluationSeconds = result.rounds.reduce(0) { $0 + $1.evaluationSeconds }
        log.timings.totalSeconds =
            earlier.reduce(MonotonicClock.seconds() - startSeconds) { $0 + $1.seconds }
        log.timings.ranks = ranks
        log.timings.idleShares = distributed?.idleShares ?? []
        log.outcome = result.outcome.description
        log.reproducibility = Reproducibility(
            of: settings, for: execution, rounds: result.rounds.map(\.record))
        return log
    }

    /// What the log says before the first round.
    package var header: RunLog {
        var log = RunLog(
            clientNumber: settings.clients, experiment: settings.experimentNumber,
            maxRound: settings.rounds)
        log.configuration = configuration
        log.reproducibility = Reproducibility(of: settings, for: execution)
        log.seed = settings.seed
        log.data = .string(dataset.origin)
        log.dataFingerprint = inputs.dataText
        log.partitionFingerprint = inputs.partitionText
        log.model = .string(settings.model.rawValue)
        log.modelParameters = architecture.parameterCount
        log.threads = threads
        log.cpu = Machine.cpuName
        log.blasCore = BLAS.coreName
        log.simd = SIMDLevel.current.description
        log.version = Federated.version
        log.started = started
        log.drops = []
        return log
    }
}
