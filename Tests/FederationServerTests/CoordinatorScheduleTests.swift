import Federation
import FederationWire
import FederationServer
import Synchronization
import Tensors
import Testing

/// The real coordinator, without sockets, under clients that do as they like in any order.
@Suite("The coordinator under random interleavings")
struct CoordinatorScheduleTests {
    /// A coordinator and its random clients.
    private final class Schedule: Sendable {
        let coordinator: Coordinator
        let record = TestServer.Record()
        let clients: Int
        private let random: Mutex<RandomStream>

        init(seed: UInt64) {
            var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
            var options = TestServer.Options()
            options.clients = random.next(in: 1...7)
            options.rounds = random.next(in: 1...3)
            options.cohortSize = random.next(in: 1...options.clients)
            options.minimumClients = random.next(in: 1...(options.cohortSize ?? 1))
            // Time passes when the schedule says so.
            options.deadlineSeconds = random.next(below: 4) == 0 ? nil : 86_400
            options.evaluatesClients = random.next(below: 2) == 0
            clients = options.clients
            coordinator = Coordinator(
                TestServer.served(options, record),
                limits: ServerLimits(parameterCount: options.layout.count), timing: ServerTiming(),
                counters: Counters(), feed: StateFeed(limit: 1),
                presentation: Coordinator.Presentation(
                    version: "0", address: "none", isInsecure: false),
                report: { [record] in record.note($0) })
            self.random = Mutex(random)
        }

        func next(below bound: Int) -> Int { random.withLock { $0.next(below: bound) } }

        /// Lets others run for a moment, as long as chance has it.
        func pause() async {
            for _ in 0..<next(below: 6) { await Task.yield() }
        }

        func update(_ client: Int, _ round: Int, value: Float, samples: Int) -> IncomingUpdate {
            IncomingUpdate(
                client: client, round: round, sampleCount: samples,
                parameters: ParameterVector([Float](repeating: value, count: 10)),
                checksum: [UInt8(client), UInt8(samples % 251)], byteCount: 40)
        }

        /// One thing that a client, or time, does.
        func disturb() async {
            let client = next(below: clients) + TestServer.firstClient
            let round = max(1, await coordinator.run.engine.currentRound + next(below: 3) - 1)
            switch next(below: 12) {
            case 0: await coordinator.lose(client, reason: "it hung up")
            case 1: await coordinator.passDeadlineNow()
            case 2:
                let report = FailureReport(reason: "it diverged")
                try? await coordinator.fail(TestServer.run, client, round: round, report)
            case 3:
                // So heavy that a few of them fill the sum.
                try? await report(client, round, value: 0x1p20, samples: 1 << 28)
            case 4:
                async let first: Void? = try? report(client, round, value: 1, samples: 3)
                async let second: Void? = try? report(client, round, value: 2, samples: 4)
                _ = await (first, second)
            case 5, 6: await coordinator.seen(client)
            default: try? await report(client, round, value: Float(client), samples: 5)
            }
        }

        func report(_ client: Int, _ round: Int, value: Float, samples: Int) async throws {
            await pause()
            let update = update(client, round, value: value, samples: samples)
            _ = try await coordinator.take(update, of: TestServer.run)
        }

        /// All clients are there and report what they are asked for; time passes only then.
        func settle() async {
            for client in TestServer.firstClient..<TestServer.firstClient + clients {
                await coordinator.seen(client)
                let task = await coordinator.task(for: client)
                if case .train(let round) = task.kind {
                    try? await report(client, round, value: 1, samples: 5)
                }
            }
            await coordinator.quiet()
            await coordinator.passDeadlineNow()
            await coordinator.quiet()
        }
    }

    @Test("A round never hangs: with all clients there and time passing, every run ends")
    func ends() async throws {
        var completed = 0
        var failed = 0
        for seed in UInt64(1)...300 {
            let schedule = Schedule(seed: seed)
            await schedule.coordinator.begin()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<15 {
                            await schedule.disturb()
                            await schedule.pause()
                        }
                    }
                }
            }
            await schedule.coordinator.quiet()
            var patience = 40
            while await schedule.coordinator.run.outcome == nil, patience > 0 {
                await schedule.settle()
                patience -= 1
            }
            let run = await schedule.coordinator.run
            #expect(run.outcome != nil, "seed \(seed): \(run.engine.phase), \(run.served.rules)")
            #expect(
                !schedule.record.events.contains { $0.hasPrefix("a fault of this program") },
                "seed \(seed): \(schedule.record.events)")
            switch run.outcome {
            case .completed:
                completed += 1
                #expect(schedule.record.commits.count == run.served.rules.rounds, "seed \(seed)")
            case .failed: failed += 1
            default: Issue.record("seed \(seed): \(run.outcome.map { "\($0)" } ?? "none")")
            }
        }
        // The schedules reach both ends.
        #expect(completed > 100)
        #expect(failed > 3)
    }

    @Test("Updates that together overflow the sum cost their places, and the round goes on or ends")
    func overflow() async throws {
        for minimum in [1, 12] {
            var options = TestServer.Options()
            options.clients = 12
            options.rounds = 1
            options.minimumClients = minimum
            options.evaluatesClients = false
            let record = TestServer.Record()
            let coordinator = Coordinator(
                TestServer.served(options, record), limits: ServerLimits(parameterCount: 10),
                timing: ServerTiming(), counters: Counters(), feed: StateFeed(limit: 1),
                presentation: Coordinator.Presentation(
                    version: "0", address: "none", isInsecure: false),
                report: { record.note($0) })
            await coordinator.begin()
            await coordinator.quiet()
            let refusals = await withTaskGroup(of: Bool.self) { group in
                for client in 0..<12 {
                    group.addTask { await Self.isRefused(client, by: coordinator) }
                }
                return await group.reduce(0) { $1 ? $0 + 1 : $0 }
            }
            await coordinator.quiet()
            let outcome = await coordinator.run.outcome
            #expect(refusals == 10)
            if minimum == 1 {
                #expect(outcome == .completed)
                #expect(record.commits.first?.record.clients.count == 12)
            } else if case .failed(_, 1, let reason)? = outcome {
                #expect(reason.hasSuffix("of at least 12 updates came"))
            } else {
                Issue.record("the run ended with \(String(describing: outcome))")
            }
        }
    }

    /// Sends an update of which two fit into a sum.
    private static func isRefused(_ client: Int, by coordinator: Coordinator) async -> Bool {
        // Samples times largest weight are 0.4 · 2³⁸.
        let update = IncomingUpdate(
            client: client, round: 1, sampleCount: 1 << 18,
            parameters: ParameterVector([Float](repeating: 0.4 * 0x1p20, count: 10)),
            checksum: [UInt8(client)], byteCount: 40)
        do {
            _ = try await coordinator.take(update, of: TestServer.run)
            return false
        } catch {
            // What a client of ours does then; the server knows already.
            let report = FailureReport(reason: "too large")
            try? await coordinator.fail(TestServer.run, client, round: 1, report)
            return true
        }
    }
}
