import Federation
import FederationServer
import FederationWire
import Foundation
import JSON
import Parameters
import Platform
import Synchronization
import TestSupport

/// A server on a free port with a run of a small model, for as long as a test needs it.
struct TestServer: Sendable {
    let server: FederationServer
    let port: Int
    let record: Record
    /// The server's clock, which stands still until a test moves it.
    let time: VirtualTime

    /// What the server has told and handed out.
    final class Record: Sendable {
        private let state = Mutex(State())

        private struct State {
            var kept: [ModelUpdate] = []
            var commits: [(round: CommittedRound, state: FederationState)] = []
            var events: [String] = []
            var outcomes: [Outcome] = []
            var waits: [RoundWait?] = []
        }

        var commits: [(round: CommittedRound, state: FederationState)] {
            state.withLock { $0.commits }
        }
        /// The model after the last committed round.
        var model: ParameterVector? { commits.last?.state.model }
        var kept: [ModelUpdate] { state.withLock { $0.kept } }
        var events: [String] { state.withLock { $0.events } }
        var outcomes: [Outcome] { state.withLock { $0.outcomes } }

        /// Whom the run waited for, as the operator was told.
        var waits: [RoundWait?] { state.withLock { $0.waits } }

        func commit(_ round: CommittedRound, _ known: FederationState) {
            state.withLock { $0.commits.append((round, known)) }
        }
        func keep(_ update: ModelUpdate) { state.withLock { $0.kept.append(update) } }
        func finish(_ outcome: Outcome) { state.withLock { $0.outcomes.append(outcome) } }
        func note(_ event: ServerEvent) {
            switch event {
            case .note(let text), .notice(let text): state.withLock { $0.events.append(text) }
            case .waiting(let wait): state.withLock { $0.waits.append(wait) }
            case .committed, .finished, .failed: break
            }
        }
    }

    /// How the run and its server differ from two clients, two rounds and ten parameters.
    struct Options: Sendable {
        var clients = 2
        var rounds = 2
        var layout = ParameterLayout([(name: "a", shape: [2, 3]), (name: "b", shape: [4])])
        var deadlineSeconds: Double?
        var minimumClients: Int?
        var cohortSize: Int?
        var overSelection = 1.0
        var evaluationInterval = 1
        var evaluatesClients = true
        var tokens: TokenTable?
        var tls: TLSFiles?
        var showsPage = true
        var timing = ServerTiming()
        var change: @Sendable (inout ServerLimits) -> Void = { _ in }
        var commitFails = false
        /// Before a run is made that a client asks for.
        var whileMaking: @Sendable () async -> Void = {}
        var makingFails = false
        /// Before a model is tested.
        var whileEvaluating: @Sendable () async -> Void = {}
        var strategy = Strategy.fedAvg
        /// Of an earlier life of the server.
        var startedAt = Date()
        var committed: [CommittedRound] = []
        /// Updates that an earlier life of the server has kept.
        var keptUpdates: [ModelUpdate] = []
        var keepingFails = false
    }

    /// The lowest id of a client.
    static let firstClient = 0
    static let run = RunIdentifier("test-1")!
    static let digest = ArchitectureDigest(hexadecimal: String(repeating: "5a", count: 32))!

    static func settings(_ options: Options, run: RunIdentifier = run) -> RunSettings {
        RunSettings(
            run: run,
            spec: [
                "model": "small", "experiment": 1, "clients": .integer(options.clients),
                "rounds": .integer(options.rounds), "learning_rate": 0.01, "seed": 1,
            ], inputShape: [1, 1, 1], architecture: digest,
            parameterCount: options.layout.count, objective: options.strategy.objective,
            transforms: options.strategy.clientTransforms.map(\.description),
            heartbeatSeconds: options.timing.heartbeatSeconds,
            pollSeconds: options.timing.pollSeconds)
    }

    static func served(
        _ options: Options, _ record: Record, run: RunIdentifier = run
    ) -> ServedRun {
        let cohort = options.cohortSize ?? options.clients
        let rules = RoundEngine.Configuration(
            population: options.clients, rounds: options.rounds,
            evaluationInterval: options.evaluationInterval,
            evaluatesClients: options.evaluatesClients, seed: 1, cohortSize: cohort,
            overSelection: options.overSelection, minimumClients: options.minimumClients ?? cohort,
            waitsForClients: true,
            dropsDiverging: true, roundDeadlineSeconds: options.deadlineSeconds)
        return ServedRun(
            settings: settings(options, run: run),
            facts: RunState.Facts(
                id: run.text, experiment: 1, clients: options.clients, rounds: options.rounds,
                settings: ["strategy": "FedAvg", "learning_rate": 0.01],
                rows: [RunState.Row(name: "seed", title: "seed", value: "1")],
                spec: ["seed": 1]),
            plan: RunPlan(
                rules: rules, strategy: options.strategy, layout: options.layout, seed: 1,
                opensBeforeCommit: false),
            state: FederationState(model: ParameterVector(zeros: options.layout.count)),
            rounds: options.committed, keptUpdates: options.keptUpdates,
            keep: { update in
                if options.keepingFails { throw CommitFailure() }
                record.keep(update)
            },
            startedAt: options.startedAt,
            work: { _, _, _ in LocalWork(steps: 1, learningRate: 0.01) },
            evaluate: { _, _, model in
                await options.whileEvaluating()
                let first = model.array(in: 0..<1)[0]
                return (
                    Evaluation(accuracy: Double(min(abs(first), 1)), loss: 1, count: 10),
                    seconds: 0.25
                )
            },
            commit: { round, state in
                if options.commitFails { throw CommitFailure() }
                record.commit(round, state)
            },
            finish: { outcome, _ in record.finish(outcome) })
    }

    struct CommitFailure: Error, CustomStringConvertible {
        var description: String { "the disk is full" }
    }

    /// Runs `body` with a server and stops it afterwards.
    static func with(
        _ options: Options = Options(), _ body: @Sendable (TestServer) async throws -> Void
    ) async throws {
        let (record, time) = (Record(), VirtualTime())
        var limits = ServerLimits(parameterCount: options.layout.count)
        options.change(&limits)
        var configuration = ServerConfiguration(limits: limits, version: "0.0.0")
        configuration.port = 0
        configuration.tokens = options.tokens
        configuration.tls = options.tls
        configuration.timing = options.timing
        configuration.time = time
        configuration.showsPage = options.showsPage
        let runs = Mutex(1)
        let server = try FederationServer(
            configuration, run: served(options, record),
            makeRun: { request in
                var wanted = options
                wanted.clients = request.clients
                wanted.rounds = request.rounds
                let number = runs.withLock { number in
                    number += 1
                    return number
                }
                await options.whileMaking()
                if options.makingFails { throw CommitFailure() }
                return served(wanted, record, run: RunIdentifier("test-\(number)")!)
            },
            report: { record.note($0) })
        let task = Task { try await server.run() }
        guard let port = await server.port else {
            try await task.value
            return
        }
        let running = TestServer(server: server, port: port, record: record, time: time)
        let result = await Result.of { try await body(running) }
        server.stop()
        // Whoever does not end by himself is cut off some time.
        let end = await Result.of { try await running.passing(0.02) { try await task.value } }
        try result.get()
        try end.get()
    }

    // MARK: Talking

    /// One request on a connection of its own.
    func ask(
        _ method: String, _ path: String, headers: [String] = [], body: [UInt8]? = nil
    ) async throws -> RawSocket.Answer {
        try await onThread { [port] in
            try RawSocket(port: port).exchange(method, path, headers: headers, body: body)
        }
    }

    func get(_ path: String, headers: [String] = []) async throws -> RawSocket.Answer {
        try await ask("GET", path, headers: headers)
    }

    /// Registers a client.
    @discardableResult
    func register(
        _ client: Int, samples: Int = 10, instance: String? = nil
    ) async throws -> RawSocket.Answer {
        try await ask(
            "PUT", Route.register.path(Self.run, client),
            body: Registration(
                architecture: Self.digest, sampleCount: samples, instance: instance
            ).encoded())
    }

    /// The bytes of an update whose parameters are all `value`.
    func update(
        _ client: Int, round: Int, value: Float, samples: Int = 10, count: Int = 10,
        report: UpdateReport? = nil, as encoding: any VectorEncoding = Float32Encoding()
    ) -> [UInt8] {
        let header = ModelHeader.update(
            run: Self.run, round: round, client: client, sampleCount: samples,
            architecture: Self.digest)
        let model = ParameterVector([Float](repeating: value, count: count))
        return ModelBody.encode(header, .model(model), report: report, as: encoding)
    }

    /// Uploads an update whose parameters are all `value`.
    @discardableResult
    func upload(
        _ client: Int, round: Int, value: Float, samples: Int = 10, headers: [String] = []
    ) async throws -> RawSocket.Answer {
        try await ask(
            "PUT", Route.update.path(Self.run, round, client), headers: headers,
            body: update(client, round: round, value: value, samples: samples))
    }

    /// Asks for the next task.
    func task(_ client: Int) async throws -> RawSocket.Answer {
        try await get(Route.nextTask.path(Self.run, client))
    }

    /// A number that the server tells of itself.
    func metric(_ name: String) async throws -> Int? {
        let lines = try await get("/metrics").text.split(separator: "\n")
        let line = lines.first { $0.hasPrefix(name + " ") }
        return line.flatMap { Int($0.dropFirst(name.count + 1)) }
    }

    /// Waits until something is so, which the server is about to see to; between two looks its clock
    /// moves on by so many seconds.
    func until(
        passing seconds: Double = 0, _ isSo: @Sendable () async throws -> Bool
    ) async throws -> Bool {
        // A bound for what never comes: two minutes.
        for _ in 0..<12_000 {
            if try await isSo() { return true }
            if seconds > 0 { time.advance(by: seconds) }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    /// Does something while the server's clock moves on by so many seconds again and again.
    func passing<Value: Sendable>(
        _ seconds: Double, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let work = Task { try await body() }
        let isOver = Mutex(false)
        async let watching: Void = {
            _ = await work.result
            isOver.withLock { $0 = true }
        }()
        _ = try await until(passing: seconds) { isOver.withLock { $0 } }
        await watching
        return try await work.value
    }

    /// The number of committed rounds as the plain API says it.
    func committedRounds() async throws -> Int? {
        Int(try await get("/get_server_round").text)
    }
}

/// Holds whoever comes until it is opened.
final class Gate: Sendable {
    private let state = Mutex((isOpen: false, waiters: [CheckedContinuation<Void, Never>]()))

    /// How many wait at it.
    var waiting: Int { state.withLock { $0.waiters.count } }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

extension Result where Failure == any Error {
    static func of(_ body: () async throws -> Success) async -> Result {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}
