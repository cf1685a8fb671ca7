import Federation
import FederationWire
import Foundation
import Synchronization
import Tensors
import FederationServer

/// A server on a free port with a run of a small model, for as long as a test needs it.
struct TestServer: Sendable {
    let server: FederationServer
    let port: Int
    let record: Record

    /// What the server has told and handed out.
    final class Record: Sendable {
        private let state = Mutex(State())

        private struct State {
            var kept: [ModelUpdate] = []
            var commits: [(record: RoundRecord, model: ParameterVector)] = []
            var events: [String] = []
            var outcomes: [Outcome] = []
            var waits: [RoundWait?] = []
            var seconds: [Double] = []
            var drops: [ClientDrop] = []
        }

        var commits: [(record: RoundRecord, model: ParameterVector)] {
            state.withLock { $0.commits }
        }
        var kept: [ModelUpdate] { state.withLock { $0.kept } }
        var events: [String] { state.withLock { $0.events } }
        var outcomes: [Outcome] { state.withLock { $0.outcomes } }

        /// Whom the run waited for, as the operator was told.
        var waits: [RoundWait?] { state.withLock { $0.waits } }
        /// How long each committed round took.
        var seconds: [Double] { state.withLock { $0.seconds } }
        var drops: [ClientDrop] { state.withLock { $0.drops } }

        func commit(_ record: RoundRecord, _ model: ParameterVector, seconds: Double = 0) {
            state.withLock {
                $0.commits.append((record, model))
                $0.seconds.append(seconds)
            }
        }
        func drop(_ drop: ClientDrop) { state.withLock { $0.drops.append(drop) } }
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
        var evaluatesClients = true
        var tokens: TokenTable?
        var tls: TLSFiles?
        var showsPage = true
        var timing = ServerTiming()
        var change: @Sendable (inout ServerLimits) -> Void = { _ in }
        var commitFails = false
        /// How long it takes to make a run that a client asks for.
        var makingSeconds = 0.0
        var makingFails = false
        var evaluationSeconds = 0.0
        /// Of an earlier life of the server.
        var startedAt = Date()
        var drops: [ClientDrop] = []
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
            run: run, model: "small", inputShape: [1, 1, 1], architecture: digest,
            parameterCount: options.layout.count, engine: "fused", experiment: 1, samples: 10,
            fixedShards: false, dataset: "none", clients: options.clients, rounds: options.rounds,
            training: TrainingSettings(epochs: 1, batchSize: 1, learningRate: 0.01), seed: 1,
            heartbeatSeconds: options.timing.heartbeatSeconds,
            pollSeconds: options.timing.pollSeconds)
    }

    static func served(
        _ options: Options, _ record: Record, run: RunIdentifier = run
    ) -> ServedRun {
        let cohort = options.cohortSize ?? options.clients
        return ServedRun(
            settings: settings(options, run: run),
            rules: RoundEngine.Configuration(
                population: options.clients, rounds: options.rounds,
                evaluatesClients: options.evaluatesClients, seed: 1, cohortSize: cohort,
                minimumClients: options.minimumClients ?? cohort, waitsForClients: true,
                dropsDiverging: true,
                roundDeadlineSeconds: options.deadlineSeconds),
            strategy: .fedAvg, layout: options.layout,
            state: FederationState(model: ParameterVector(zeros: options.layout.count)),
            keptUpdates: options.keptUpdates,
            keep: { update in
                if options.keepingFails { throw CommitFailure() }
                record.keep(update)
            },
            startedAt: options.startedAt, drops: options.drops, noteDrop: { record.drop($0) },
            work: { _, _ in LocalWork(steps: 1, learningRate: 0.01) },
            evaluate: { model in
                if options.evaluationSeconds > 0 {
                    try? await Task.sleep(for: .seconds(options.evaluationSeconds))
                }
                return Evaluation(
                    accuracy: Double(min(abs(model.array(in: 0..<1)[0]), 1)), loss: 1, count: 10)
            },
            commit: { round, state, seconds in
                if options.commitFails { throw CommitFailure() }
                record.commit(round, state.model, seconds: seconds)
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
        let record = Record()
        var limits = ServerLimits(parameterCount: options.layout.count)
        options.change(&limits)
        var configuration = ServerConfiguration(limits: limits, version: "0.0.0")
        configuration.port = 0
        configuration.tokens = options.tokens
        configuration.tls = options.tls
        configuration.timing = options.timing
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
                try await Task.sleep(for: .seconds(options.makingSeconds))
                if options.makingFails { throw CommitFailure() }
                return served(wanted, record, run: RunIdentifier("test-\(number)")!)
            },
            report: { record.note($0) })
        let task = Task { try await server.run() }
        guard let port = await server.port else {
            try await task.value
            return
        }
        do {
            try await body(TestServer(server: server, port: port, record: record))
        } catch {
            server.stop()
            _ = try? await task.value
            throw error
        }
        server.stop()
        try await task.value
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
        _ client: Int, round: Int, value: Float, samples: Int = 10, count: Int = 10
    ) -> [UInt8] {
        let header = ModelHeader.update(
            run: Self.run, round: round, client: client, sampleCount: samples,
            parameterCount: count, architecture: Self.digest)
        return ModelBody(
            header, ParameterVector([Float](repeating: value, count: count))
        ).encoded()
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

    /// Waits until something is so.
    func until(
        _ seconds: Double = 5, _ isSo: @Sendable () async throws -> Bool
    ) async throws -> Bool {
        let end = MonotonicClock.seconds() + seconds
        while MonotonicClock.seconds() < end {
            if try await isSo() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    /// The number of committed rounds as the plain API says it.
    func committedRounds() async throws -> Int? {
        Int(try await get("/get_server_round").text)
    }
}
