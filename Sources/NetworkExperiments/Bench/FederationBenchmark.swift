import Experiments
import Federation
import FederationClient
import FederationServer
import Foundation
import Parameters
import Platform
import Synchronization

/// What a round costs when clients do nothing: averaging in this process, and all of it over
/// loopback.
package struct FederationBenchmark {
    package let layout: ParameterLayout
    package let clients: Int
    package let rounds: Int

    package init(layout: ParameterLayout, clients: Int, rounds: Int) {
        self.layout = layout
        self.clients = clients
        self.rounds = rounds
    }

    package func measure() async throws -> FederationFigures {
        FederationFigures(
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
            limits: ServerLimits(parameterCount: layout.count), version: LibraryVersion.text)
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
