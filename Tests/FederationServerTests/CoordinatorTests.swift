import Federation
import FederationServer
import FederationWire
import Parameters
import Testing

/// The real coordinator, without sockets.
@Suite("The coordinator")
struct CoordinatorTests {
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
                #expect(record.commits.first?.round.record.clients.count == 12)
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
            value: .model(ParameterVector([Float](repeating: 0.4 * 0x1p20, count: 10))),
            checksum: [UInt8(client)], byteCount: 40, origin: .binary)
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
