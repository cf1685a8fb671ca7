import Federation
import FederationServer
import FederationWire
import Foundation
import Synchronization
import Tensors
import FederationClient

/// A run of a small model, served on a free port, with clients whose training is arithmetic.
enum Served {
    static let layout = ParameterLayout([("a", [2, 3]), ("b", [4])])
    static let digest = ArchitectureDigest(hexadecimal: String(repeating: "5a", count: 32))!
    static let initial = ParameterVector([Float](repeating: 0.5, count: layout.count))

    static func settings(
        clients: Int, rounds: Int, run: String = "run-1", digest: ArchitectureDigest = digest
    ) -> RunSettings {
        RunSettings(
            run: RunIdentifier(run)!, model: "small", inputShape: [1, 1, 1], architecture: digest,
            parameterCount: layout.count, engine: "fused", experiment: 1, samples: 10,
            fixedShards: false, dataset: "none", clients: clients, rounds: rounds,
            training: TrainingSettings(epochs: 1, batchSize: 1, learningRate: 0.01), seed: 1,
            heartbeatSeconds: 0.1, pollSeconds: 1)
    }

    /// What has been committed: where a server that comes back goes on.
    final class Disk: Sendable {
        private let state = Mutex((records: [RoundRecord](), model: Served.initial))

        var records: [RoundRecord] { state.withLock { $0.records } }
        var model: ParameterVector { state.withLock { $0.model } }

        func commit(_ record: RoundRecord, _ model: ParameterVector) {
            state.withLock {
                $0.records.append(record)
                $0.model = model
            }
        }
    }

    /// Runs `body` with a server that goes on from `disk`.
    static func with<Result: Sendable>(
        _ settings: RunSettings, disk: Disk, port: Int = 0, minimum: Int? = nil,
        _ body: @Sendable (ServerAddress) async throws -> Result
    ) async throws -> Result {
        var configuration = ServerConfiguration(
            limits: ServerLimits(parameterCount: layout.count), version: "0")
        configuration.port = port
        configuration.timing.heartbeatSeconds = settings.heartbeatSeconds
        configuration.timing.pollSeconds = settings.pollSeconds
        configuration.timing.silenceSeconds = 1
        configuration.timing.disconnectionSeconds = 0.3
        configuration.timing.upkeepSeconds = 0.05
        configuration.timing.drainSeconds = 0.2
        let server = try FederationServer(
            configuration,
            run: ServedRun(
                settings: settings,
                rules: RoundEngine.Configuration(
                    population: settings.clients, rounds: settings.rounds,
                    evaluatesClients: false, minimumClients: minimum ?? settings.clients,
                    waitsForClients: true),
                strategy: .fedAvg, layout: layout, records: disk.records,
                state: FederationState(model: disk.model),
                work: { _, _ in LocalWork(steps: 1, learningRate: 0.01) },
                evaluate: { _ in Evaluation(accuracy: 0.5, loss: 1, count: 10) },
                commit: { record, state, _ in disk.commit(record, state.model) },
                finish: { _, _ in }),
            makeRun: { _ in throw APIError(.forbidden, "this test has one run only") },
            report: { _ in })
        let task = Task { try await server.run() }
        guard let port = await server.port else {
            try await task.value
            throw CancellationError()
        }
        let result = try await Attempted.of {
            try await body(try ServerAddress("http://127.0.0.1:\(port)"))
        }
        server.stop()
        try await task.value
        return try result.get()
    }

    enum Attempted {
        static func of<Value>(
            _ body: () async throws -> Value
        ) async throws -> Swift.Result<Value, any Error> {
            do { return .success(try await body()) } catch { return .failure(error) }
        }
    }

    /// The model that a client makes of the global one.
    static func trained(_ model: ParameterVector, client: Int, round: Int) -> ParameterVector {
        var random = RandomStream(
            RandomKey(seed: 7, purpose: .shuffling, client: client, round: round))
        var copy = model
        copy.withUnsafeMutableBufferPointer { values in
            for index in values.indices {
                values[index] = values[index] * 0.9 + Float(random.nextUniform(-1, 1))
            }
        }
        return copy
    }

    /// The global model after so many rounds, computed here.
    static func expected(clients: Int, rounds: Int) throws -> ParameterVector {
        var model = initial
        for round in 1...rounds {
            var sum = ExactAccumulator(layout: layout)
            for client in 0..<clients {
                try sum.add(
                    ModelUpdate(
                        client: client, round: round, sampleCount: 10 + client,
                        parameters: trained(model, client: client, round: round)))
            }
            model = try sum.mean()
        }
        return model
    }
}

/// Trains by arithmetic, in a time that a test chooses.
struct ArithmeticParticipant: Participant {
    let client: Int
    var architecture = Served.digest
    var seconds = 0.0
    var diverges = false
    /// Counts how often it has trained.
    var trainings = Counter()

    var layout: ParameterLayout { Served.layout }

    func sampleCount(round: Int) -> Int { 10 + client }

    func train(
        from model: ParameterVector, round: Int, progress: TrainingProgress
    ) async throws(TrainingFailure) -> TrainedModel {
        trainings.add()
        let end = MonotonicClock.seconds() + seconds
        while MonotonicClock.seconds() < end {
            if progress.isStopping { throw .stopped }
            try? await Task.sleep(for: .milliseconds(5))
        }
        if diverges { throw .diverged("its loss is no finite number in epoch 1, batch 1") }
        return TrainedModel(
            parameters: Served.trained(model, client: client, round: round),
            sampleCount: sampleCount(round: round), loss: 1, imageCount: 10, seconds: seconds)
    }
}

/// Counts.
final class Counter: Sendable {
    private let value = Atomic(0)
    func add() { value.add(1, ordering: .relaxed) }
    var count: Int { value.load(ordering: .relaxed) }
}

/// What a client told, as texts.
final class Events: Sendable {
    private let texts = Mutex<[String]>([])

    func note(_ event: ClientEvent) {
        // For how many it waits depends on who comes first.
        if case .waiting = event { return }
        let text =
            switch event {
            case .registered: "registered"
            case .waiting: "waiting"
            case .away: "away"
            case .back: "back"
            case .training(let round): "training \(round)"
            case .uploaded(let round, _, _): "uploaded \(round)"
            case .dropped(let round, _): "dropped \(round)"
            case .committed(let summary): "committed \(summary.round)"
            }
        texts.withLock { $0.append(text) }
    }

    var all: [String] { texts.withLock { $0 } }
}
