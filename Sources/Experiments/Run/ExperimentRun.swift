import Datasets
import ExternalRules
import Federation
import Foundation
import JSON
import NeuralNetworks
import Parameters
import Platform
import RankTraining
import Tensors
import Training

/// One experiment on data that are there: the federation that a specification describes, and the log of
/// what comes of it.
///
/// ```
/// var spec = RunSpec()
/// spec.experiment = .uniform
/// let result = try ExperimentRun(spec).run()
/// print(result.accuracies)
/// ```
///
/// Specification and seed decide every bit of it, not threads or the place where clients are trained.
public struct ExperimentRun: Sendable {
    /// What is run.
    public let spec: RunSpec
    /// What it is run on.
    public let data: RunData
    /// How many threads train and test.
    public let threads: Int
    /// Where clients are trained.
    public let place: ClientPlace
    /// What it reads, by fingerprints.
    public let inputs: RunInputs
    /// Sentences on its model: what was left out of its file, which weights start anew.
    public let notes: [String]
    /// When it was begun, by the process that began it.
    public let started: Date
    /// The run that it goes on with; nil for one that begins.
    public let resumed: ResumedRun?
    /// Whether a program's own code divides the data.
    private let hasOwnShards: Bool
    /// What the log says of the settings.
    private let configuration: JSONValue
    private let federation: InProcessFederation
    private let driver: any RunDriver
    private let listener = RoundListener()
    private let startSeconds: Double

    /// A run that waits to be started.
    ///
    /// - Parameters:
    ///   - data: what it is run on; nil for what the specification names, see `RunData.load`.
    ///   - strategy: the algorithm; nil for the one that the specification names. The log says its name.
    ///   - shards: which images each client trains on; nil for what experiment or partition say.
    ///   - threads: how many train and test.
    ///   - resumed: the run to go on with, which had the same specification.
    ///   - place: where clients are trained; it changes no bit.
    /// A server rule's program is started, and is ready.
    /// - Throws: `SettingsError` if no run can have the settings; `RuleProgramError` where it does not start; `DatasetError` if the data cannot be had;
    ///   what `checked` throws where they do not fit; `InitialModelError` where there are no such weights; `FederationConfigurationError` where strategy or
    ///   shards of one's own do not; `ResumeError` where data, shards or strategy are not those of the
    ///   run to go on with.
    public init(
        _ spec: RunSpec, data: RunData? = nil, strategy: Strategy? = nil,
        shards: (any ShardSource)? = nil, threads: Int = availableProcessorCount(),
        resuming resumed: ResumedRun? = nil, place: ClientPlace = .threads
    ) throws {
        let execution = place.execution
        // It comes from a command line, a store, a request or another rank.
        var spec = try spec.validated(for: execution, classCount: data?.dataset.classCount)
        let name = spec.dataset.isEmpty ? nil : spec.dataset
        let data = try (data ?? .load(name, reading: spec.reading, threads: threads))
            .scaled(spec.reading.scaling).knowingWriters(for: spec.partition)
        if shards == nil, spec.takesAllOwners {
            spec = try spec.counted(on: data.dataset)
                .validated(for: execution, classCount: data.dataset.classCount)
        }
        if spec.dataset.isEmpty { spec.dataset = data.dataset.name }
        startSeconds = MonotonicClock.seconds() - data.loadSeconds
        self.spec = spec
        self.data = data
        self.threads = threads
        self.place = place
        hasOwnShards = shards != nil
        started = resumed?.run.header.started ?? Date()
        let parts = try spec.checked(
            on: data.dataset, strategy: strategy, shards: shards, threads: threads, for: execution)
        var weights: InitialModel?
        // Other ranks are sent the model, and a run that goes on has its own.
        if resumed?.state == nil, !place.isRank {
            weights = try spec.weights(for: parts.architecture)
        }
        var inputs = RunInputs(
            spec, data: data.source.fingerprint, shards: parts.shards, areOwn: hasOwnShards)
        inputs.initialModel = weights?.fingerprint ?? resumed?.source.initialModel
        let rule = place.isRank ? nil : parts.strategy.server as? ProgramRule
        inputs.serverRule = try rule.map { try RuleProgram.fingerprint(ofFile: $0.program.file) }
        self.inputs = inputs
        notes = spec.model.notes(on: data.dataset.train.featureShape) + (weights?.notes ?? [])
        try resumed?.check(data.dataset)
        try resumed?.check(inputs)
        try resumed?.check(parts.strategy)
        var resumed = resumed
        resumed?.recallBeginning(spec, parts.architecture)
        self.resumed = resumed
        configuration = try spec.configuration(strategy: strategy, hasOwnShards: hasOwnShards)
        let tests = EvaluationSet(
            data.dataset.test, fraction: spec.evaluationFraction, seed: spec.seed,
            owners: data.dataset.owners?.test)
        let federation = InProcessFederation(
            try FederationConfiguration(
                architecture: parts.architecture, engine: spec.engine, loss: parts.loss,
                strategy: parts.strategy,
                training: spec.training, shards: parts.shards, trainingImages: data.dataset.train,
                evaluationSet: tests,
                clientTestCount: spec.clientTestCount(of: tests.indices.count),
                rounds: spec.rules, seed: spec.seed, threads: threads
            ).validated().beginning(with: weights?.parameters),
            resuming: resumed?.rounds ?? [], state: resumed?.state,
            onRound: { [listener] in try listener.tell($0, $1) })
        self.federation = federation
        switch place {
        case .threads, .rank, .served: driver = federation
        case .loopback(let transport, let make):
            driver = try make(
                LoopbackRun(
                    configuration: federation.configuration, spec: spec, inputs: inputs,
                    transport: transport, progress: federation.progress,
                    rounds: resumed?.rounds ?? [], state: resumed?.state,
                    onRound: { [listener] in try listener.tell($0, $1) }))
        case .ranks(let communicator):
            driver = DistributedFederation(
                federation.configuration, communicator, progress: federation.progress,
                resuming: resumed?.rounds ?? [], state: resumed?.state,
                onRound: { [listener] in try listener.tell($0, $1) })
        }
        // Last, when nothing else can be wrong.
        try rule?.program.start(parts.architecture.layout)
    }

    // MARK: Running

    /// Runs all rounds and returns when the run is over; to be called once.
    ///
    /// - Parameters:
    ///   - recorder: keeps each round before it counts; nil for nobody. What other processes want of the
    ///     run, its store says: see `RunWish`.
    ///   - onPause: told that the run waits before its next round, and that it goes on.
    ///   - onRound: called with each committed round, in order, on one of the run's threads; if it throws,
    ///     the run ends, and the result has the error.
    public func run(
        keeping recorder: RunRecorder? = nil,
        onRound: @escaping @Sendable (CommittedRound) throws -> Void = { _ in },
        onPause: @escaping @Sendable (_ waits: Bool) -> Void = { _ in }
    ) -> RunResult {
        var watch: WishWatch?
        if let recorder, let store = recorder.store {
            let gate = progress.gate
            var means = WishWatch.Means(
                stop: { self.stop() }, isWaiting: { gate.isHolding }, tell: onPause)
            if canPause { means.pause = { isPaused in isPaused ? gate.pause() : gate.resume() } }
            watch = WishWatch(of: { recorder.name }, in: store, means)
        }
        defer { watch?.end() }
        return run { round, state in
            try recorder?.commit(round, state)
            try onRound(round)
        }
    }

    /// Runs all rounds and returns when the run is over; to be called once.
    /// - Parameter commit: called with each round and what the federation knows after it, to make it
    ///   permanent, in order, on one of the run's threads; if it throws, the round is not committed, the
    ///   run ends, and the result has the error.
    public func run(
        committing commit: @escaping @Sendable (CommittedRound, FederationState) throws -> Void
    ) -> RunResult {
        listener.listen(commit)
        return driver.run()
    }

    /// Ends the run within a batch's time, from another thread; committed rounds are kept.
    public func stop() {
        (parts.strategy.server as? ProgramRule)?.program.stop()
        federation.stop()
        driver.stop()
    }

    /// Lets no further round begin, from another thread, until `resume()`; its bits don't depend on it.
    /// - Precondition: `canPause`.
    public func pause() {
        precondition(canPause, "clients over loopback can't pause")
        progress.gate.pause()
    }

    /// Ends a pause.
    public func resume() { progress.gate.resume() }

    /// Whether it can wait between rounds: where its own threads, or its ranks', train.
    public var canPause: Bool {
        switch place {
        case .threads, .ranks: true
        case .loopback, .served, .rank: false
        }
    }

    /// How far it is.
    public var progress: RunProgress { federation.progress }

    // MARK: What it is made of

    /// What the run is made of.
    public var parts: FederationConfiguration { federation.configuration }

    /// The model.
    public var architecture: Architecture { parts.architecture }

    /// What models are measured by.
    package var score: RunLog.Score { data.dataset.train.targetCount > 0 ? .r2 : .accuracy }

    /// Its processes: 1, or as many as share it.
    public var ranks: Int {
        if case .ranks(let communicator) = place { communicator.size } else { 1 }
    }

    /// Whether ranks share it, be it one alone.
    package var isShared: Bool { if case .ranks = place { true } else { false } }

    /// What a run's bits depend on beside specification and seed.
    package func reproducibility(_ rounds: [RoundRecord] = []) -> Reproducibility {
        Reproducibility(of: spec, for: place.execution, rounds: rounds)
    }

    /// How many samples each of the first clients has in the first round: of all, unless they are many.
    package var samplesByClient: [Int: Int] {
        let shards = parts.shards
        return Dictionary(
            uniqueKeysWithValues: (0..<min(spec.clients, Self.clientsShown)).map {
                ($0, shards.sampleCount(client: $0, round: 1))
            })
    }

    /// Of a population beyond this, only those that take part are looked at.
    private static let clientsShown = 10_000

    /// The log of a run that is over, without its final weights.
    public func log(of result: RunResult) -> RunLog {
        var log = header
        for round in result.rounds { log.append(round) }
        log.timings.trainingSeconds = result.rounds.reduce(0) { $0 + $1.trainingSeconds }
        log.timings.evaluationSeconds = result.rounds.reduce(0) { $0 + $1.evaluationSeconds }
        log.timings.totalSeconds =
            (resumed?.rounds ?? []).reduce(MonotonicClock.seconds() - startSeconds) {
                $0 + $1.seconds
            }
        log.timings.ranks = ranks
        log.timings.idleShares = driver.idleShares
        log.outcome = result.outcome.description
        log.reproducibility = reproducibility(result.rounds.map(\.record))
        return log
    }

    /// What the log says before the first round.
    public var header: RunLog {
        var log = RunLog(
            clientNumber: spec.clients,
            experiment: hasOwnShards ? 0 : spec.experimentNumber, maxRound: spec.rounds)
        log.configuration = configuration
        log.reproducibility = reproducibility()
        log.seed = spec.seed
        log.data = .string(data.dataset.origin)
        log.dataFingerprint = inputs.dataText
        log.partitionFingerprint = inputs.partitionText
        log.initialModelFingerprint = inputs.initialModel
        log.serverRuleFingerprint = inputs.serverRule
        log.testSamples = parts.evaluationSet.indices.count
        log.clientTestSamples = parts.imagesPerClientTest
        log.classNames = data.dataset.classNames
        log.score = score
        log.model = .string(spec.model.name)
        log.modelParameters = architecture.parameterCount
        log.threads = threads
        log.cpu = Machine.cpuName
        log.blasCore = BLAS.coreName
        log.simd = SIMDLevel.current.description
        log.version = LibraryVersion.text
        log.started = started
        log.drops = []
        return log
    }
}
