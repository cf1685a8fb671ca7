import Federation
import FederationClient
import FederationServer
import FederationWire
import Foundation
import JSON
import Parameters
import Platform
import Synchronization

/// A run of a small model, served on a free port, with clients whose training is arithmetic.
enum Served {
    static let layout = ParameterLayout([("a", [2, 3]), ("b", [4])])
    static let digest = ArchitectureDigest(hexadecimal: String(repeating: "5a", count: 32))!
    static let initial = ParameterVector([Float](repeating: 0.5, count: layout.count))

    static func settings(
        clients: Int, rounds: Int, run: String = "run-1", digest: ArchitectureDigest = digest,
        strategy: Strategy = .fedAvg
    ) -> RunSettings {
        RunSettings(
            run: RunIdentifier(run)!,
            spec: [
                "model": "small", "clients": .integer(clients), "rounds": .integer(rounds),
                "seed": 1,
            ], inputShape: [1, 1, 1], architecture: digest, parameterCount: layout.count,
            objective: strategy.objective,
            transforms: strategy.clientTransforms.map(\.description),
            encodings: VectorEncodings.names, heartbeatSeconds: 0.1, pollSeconds: 1)
    }

    /// What has been committed: where a server that comes back goes on.
    final class Disk: Sendable {
        private let content = Mutex(
            (rounds: [CommittedRound](), state: FederationState(model: Served.initial)))

        var rounds: [CommittedRound] { content.withLock { $0.rounds } }
        var records: [RoundRecord] { rounds.map(\.record) }
        var state: FederationState { content.withLock { $0.state } }
        var model: ParameterVector { state.model }

        func commit(_ round: CommittedRound, _ state: FederationState) {
            content.withLock {
                $0.rounds.append(round)
                $0.state = state
            }
        }
    }

    /// Runs `body` with a server that goes on from `disk`.
    static func with<Result: Sendable>(
        _ settings: RunSettings, disk: Disk, strategy: Strategy = .fedAvg, port: Int = 0,
        minimum: Int? = nil,
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
                plan: RunPlan(
                    rules: RoundEngine.Configuration(
                        population: settings.clients, rounds: settings.rounds,
                        evaluatesClients: false, minimumClients: minimum ?? settings.clients,
                        waitsForClients: true),
                    strategy: strategy, layout: layout, seed: 1,
                    opensBeforeCommit: false),
                state: disk.state, rounds: disk.rounds, work: { _, _, _ in work },
                evaluate: { _, _, _ in (Evaluation(accuracy: 0.5, loss: 1, count: 10), seconds: 0)
                },
                commit: { round, state in disk.commit(round, state) },
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
    static func trained(_ work: RoundWork, client: Int) -> ParameterVector {
        var random = RandomStream(
            RandomKey(seed: 7, purpose: .shuffling, client: client, round: work.round))
        let step = ParameterVector(count: layout.count) { values in
            for index in values.indices { values[index] = Float(random.nextUniform(-1, 1)) }
        }
        let model = ParameterVector.map(work.model, step) { $0 * 0.9 + $1 }
        guard let correction = work.correction else { return model }
        return ParameterVector.map(model, correction) { $0 - 0.125 * $1 }
    }

    /// What is said of how much clients train.
    static let work = LocalWork(steps: 2, learningRate: 0.5)

    /// What the federation knows after so many rounds, computed here.
    static func expected(
        clients: Int, rounds: Int, strategy: Strategy = .fedAvg
    ) throws -> FederationState {
        var state = FederationState(model: initial)
        for round in 1...rounds {
            var fold = strategy.aggregator.makeFold(layout)
            var kept: [Int: [String: ParameterVector]] = [:]
            for client in 0..<clients {
                let model = trained(
                    RoundWork(
                        round: round, model: state.model,
                        correction: strategy.correction(for: client, in: state)),
                    client: client)
                let contribution = try strategy.contribution(
                    of: ModelUpdate(
                        client: client, round: round, sampleCount: 10 + client, parameters: model),
                    after: state, work: work, seed: 1
                ).contribution
                kept[client] = contribution.clientState
                try fold.add([contribution], threads: 1)
            }
            let context = RoundContext(
                round: round, population: clients, seed: 1, model: state.model)
            state = try strategy.next(&fold, after: state, context).state
            for (client, vectors) in kept where !vectors.isEmpty {
                state.clients[client, default: [:]].merge(vectors) { _, new in new }
            }
        }
        return state
    }
}
