import Federation
import FederationClient
import FederationServer
import FederationWire
import Foundation
import Parameters
import Platform
import Synchronization

/// What a round costs when clients do nothing: averaging in this process, and all of it over
/// loopback.
struct FederationBenchmark {
    let layout: ParameterLayout
    let clients: Int
    let rounds: Int

    /// Medians over rounds, in seconds.
    struct Figures: Encodable {
        var clients: Int
        var parameters: Int
        var rounds: Int
        var inProcessSeconds: Double
        var loopbackSeconds: Double
    }

    func measure() async throws -> Figures {
        Figures(
            clients: clients, parameters: layout.count, rounds: rounds,
            inProcessSeconds: try inProcess(), loopbackSeconds: try await loopback())
    }

    // MARK: In process

    /// Clients that hand back the model they were given, in the hands of the machine that drives a run.
    private func inProcess() throws -> Double {
        let strategy = Strategy.fedAvg
        let work = LocalWork(steps: 1, learningRate: 0.01)
        let threads = availableProcessorCount()
        var machine = RunMachine(
            RunPlan(
                rules: RoundEngine.Configuration(
                    population: clients, rounds: rounds + 1, evaluatesClients: false),
                strategy: strategy, layout: layout, seed: 1, opensBeforeCommit: true),
            state: FederationState(model: NoOpRun.model(layout)))
        var seconds: [Double] = []
        var start = MonotonicClock.seconds()
        var events: [RunEvent] = [.begin]
        while !events.isEmpty {
            let orders = machine.handle(events.removeFirst(), at: MonotonicClock.seconds())
            for order in orders {
                switch order {
                case .opened: start = MonotonicClock.seconds()
                case .train(let task):
                    let update = ModelUpdate(
                        client: task.client, round: task.round, sampleCount: task.client + 1,
                        parameters: task.state.model)
                    let made = try strategy.contribution(of: update, after: task.state, work: work)
                    events.append(.trained(TrainedUpdate(made.contribution)))
                case .fold(let work): events.append(.folded(work.run(threads: threads)))
                case .aggregate(let work): events.append(.aggregated(work.run(threads: threads)))
                case .evaluate(let subject, let round, _, _):
                    events.append(
                        .evaluated(subject, round: round, NoOpRun.evaluation, seconds: 0))
                case .commit(let round, _):
                    seconds.append(MonotonicClock.seconds() - start)
                    events.append(.committed(round: round.record.round))
                default: continue
                }
            }
        }
        // The first round finds memory that nobody has used yet.
        return Array(seconds.dropFirst()).median
    }

    // MARK: Over loopback

    private func loopback() async throws -> Double {
        let ends = Mutex<[Double]>([])
        let run = NoOpRun(layout: layout, clients: clients, cohort: clients, rounds: rounds + 1)
        var configuration = ServerConfiguration(
            limits: ServerLimits(parameterCount: layout.count), version: Federated.version)
        configuration.port = 0
        let server = try FederationServer(
            configuration, run: run.served(), makeRun: { _ in run.served() },
            report: { event in
                if case .committed = event { ends.withLock { $0.append(MonotonicClock.seconds()) } }
            })
        async let serving: Void = server.run()
        let address = try ServerAddress(await server.address)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<clients {
                group.addTask {
                    let settings = ClientConfiguration(address: address, client: client)
                    let participant = NoOpParticipant(layout: layout)
                    _ = try await FederationClient(
                        settings, prepare: { _ in participant }, report: { _ in }
                    ).run()
                }
            }
            try await group.waitForAll()
        }
        server.stop()
        try await serving
        let moments = ends.withLock { $0 }
        return zip(moments.dropFirst(), moments).map { $0 - $1 }.median
    }
}

/// A client that hands back the model it was given.
struct NoOpParticipant: Participant {
    let layout: ParameterLayout

    var architecture: ArchitectureDigest { NoOpRun.architecture }
    func sampleCount(round: Int) -> Int { 10 }

    func train(
        _ work: RoundWork, progress: TrainingProgress
    ) async throws(TrainingFailure) -> TrainingResult {
        let update = ModelUpdate(
            client: 0, round: work.round, sampleCount: 10, parameters: work.model)
        return TrainingResult(ClientUpdate(update), loss: 0, imageCount: 0, seconds: 0)
    }
}

/// A run whose models nobody tests and nobody keeps.
struct NoOpRun: Sendable {
    let layout: ParameterLayout
    let clients: Int
    let cohort: Int
    let rounds: Int

    static let evaluation = Evaluation(accuracy: 0.5, loss: 1, count: 1)
    static let name = "bench"
    /// Of no architecture.
    static let architecture = ArchitectureDigest(hexadecimal: String(repeating: "0", count: 64))!

    /// Numbers like those of a model, all different from 0.
    static func model(_ layout: ParameterLayout) -> ParameterVector {
        ParameterVector(count: layout.count) { target in
            for index in target.indices { target[index] = 0.01 + Float(index % 1000) * 1e-4 }
        }
    }

    func served() -> ServedRun {
        guard let name = RunIdentifier(Self.name) else {
            preconditionFailure("“\(Self.name)” names no run")
        }
        return ServedRun(
            settings: RunSettings(
                run: name, model: "none", inputShape: [1, 1, 1], architecture: Self.architecture,
                parameterCount: layout.count, engine: "fused", experiment: 1, samples: 10,
                fixedShards: false, dataset: "none", clients: clients, rounds: rounds,
                training: TrainingSettings(epochs: 1, batchSize: 1, learningRate: 0.01), seed: 1,
                heartbeatSeconds: 1, pollSeconds: 60),
            plan: RunPlan(
                rules: RoundEngine.Configuration(
                    population: clients, rounds: rounds, evaluatesClients: false,
                    cohortSize: cohort, minimumClients: cohort, waitsForClients: true),
                strategy: .fedAvg, layout: layout, seed: 1, opensBeforeCommit: false),
            state: FederationState(model: Self.model(layout)),
            work: { _, _ in LocalWork(steps: 1, learningRate: 0.01) },
            evaluate: { _ in (Self.evaluation, 0) }, commit: { _, _ in }, finish: { _, _ in })
    }
}

extension FederationBenchmark.Figures {
    /// The lines that people read.
    var lines: [String] {
        func milliseconds(_ seconds: Double) -> String { Text.fixed(seconds * 1e3, 1) + " ms" }
        return [
            "  a round of \(Text.plural(clients, "client")) that do nothing, "
                + "\(Text.count(parameters)) parameters; medians of \(Text.plural(rounds, "round"))",
            "  in process        \(milliseconds(inProcessSeconds))",
            "  over loopback     \(milliseconds(loopbackSeconds))",
        ]
    }
}

/// A server of a run that does nothing, for load from another process: `Scripts/load_server.py`.
struct LoadServer {
    let run: NoOpRun

    /// Serves until Ctrl-C or SIGTERM, having said on standard output where and what.
    func serve() throws {
        var limits = ServerLimits(parameterCount: run.layout.count)
        limits.connections = run.clients + 1000
        var configuration = ServerConfiguration(limits: limits, version: Federated.version)
        configuration.port = 0
        // Clients that only upload send no heartbeats.
        configuration.timing.silenceSeconds = 3600
        configuration.timing.disconnectionSeconds = 3600
        let server = try FederationServer(
            configuration, run: run.served(), makeRun: { [run] _ in run.served() },
            report: { _ in })
        let interruption = Interruption { server.stop() }
        defer { interruption.end() }
        Task.detached { [run] in
            guard let port = await server.port else { return }
            let said = """
                {"port": \(port), "run": "\(NoOpRun.name)", \
                "architecture": "\(NoOpRun.architecture)", "parameters": \(run.layout.count)}

                """
            Console.write(Array(said.utf8))
        }
        try waitFor { try await server.run() }
    }
}
