import Federation
import FederationServer
import FederationWire
import Foundation
import Tensors
import Testing
import FederationClient

@Suite("Clients of a served run", .serialized)
struct FederationClientTests {
    private func client(
        _ number: Int, at address: ServerAddress, retrySeconds: Double = 10,
        participant: ArithmeticParticipant? = nil, events: Events = Events()
    ) -> FederationClient {
        FederationClient(
            ClientConfiguration(address: address, client: number, retrySeconds: retrySeconds),
            prepare: { _ in participant ?? ArithmeticParticipant(client: number) },
            report: { events.note($0) })
    }

    /// All clients of a run, until it is over for each of them.
    private func runAll(
        _ clients: [FederationClient]
    ) async throws -> [FederationClient.Ending] {
        try await withThrowingTaskGroup(of: FederationClient.Ending.self) { group in
            for client in clients { group.addTask { try await client.run() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("A run over loopback gives the model that the same updates give in memory")
    func sameBits() async throws {
        let disk = Served.Disk()
        let events = Events()
        let endings = try await Served.with(
            Served.settings(clients: 3, rounds: 4), disk: disk
        ) { address in
            try await runAll((0..<3).map { client($0, at: address, events: events) })
        }
        #expect(endings == Array(repeating: .init(outcome: "completed", succeeded: true), count: 3))
        #expect(disk.records.map(\.round) == [1, 2, 3, 4])
        #expect(try disk.model == Served.expected(clients: 3, rounds: 4))
        #expect(
            disk.records.map { $0.clients.map(\.sampleCount) }
                == Array(repeating: [10, 11, 12], count: 4))
        #expect(events.all.filter { $0 == "uploaded 2" }.count == 3)
        #expect(events.all.filter { $0 == "committed 4" }.count == 3)
        #expect(!events.all.contains("away"))
    }

    @Test("Clients wait for a server that is away, enter again, and end in the same bits")
    func restart() async throws {
        let disk = Served.Disk()
        let settings = Served.settings(clients: 2, rounds: 6)
        let events = Events()
        let (port, running) = try await Served.with(settings, disk: disk) { address in
            let clients = (0..<2).map { number in
                client(
                    number, at: address,
                    participant: ArithmeticParticipant(client: number, seconds: 0.05),
                    events: events)
            }
            let running = Task { try await runAll(clients) }
            while disk.records.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
            return (Int(address.text.split(separator: ":")[2])!, running)
        }
        #expect((2...4).contains(disk.records.count))
        try await Task.sleep(for: .milliseconds(200))
        let endings = try await Served.with(settings, disk: disk, port: port) { _ in
            try await running.value
        }
        #expect(endings.filter { !$0.succeeded }.isEmpty)
        #expect(try disk.model == Served.expected(clients: 2, rounds: 6))
        #expect(events.all.contains("away"))
        #expect(events.all.contains("back"))
        #expect(events.all.filter { $0 == "registered" }.count >= 4)
    }

    @Test("A client that is stopped leaves, and the run goes on without it")
    func leaving() async throws {
        let disk = Served.Disk()
        let settings = Served.settings(clients: 2, rounds: 2)
        try await Served.with(settings, disk: disk, minimum: 1) { address in
            let slow = client(
                1, at: address, participant: ArithmeticParticipant(client: 1, seconds: 60))
            let leaver = Task { try await slow.run() }
            let stayer = Task { try await client(0, at: address).run() }
            try await Task.sleep(for: .milliseconds(300))
            let start = MonotonicClock.seconds()
            leaver.cancel()
            await #expect(throws: CancellationError.self) { try await leaver.value }
            #expect(MonotonicClock.seconds() - start < 30)
            stayer.cancel()
            _ = try? await stayer.value
        }
    }

    @Test("A model that diverges is reported and ends the run")
    func divergence() async throws {
        let disk = Served.Disk()
        let endings = try await Served.with(
            Served.settings(clients: 2, rounds: 2), disk: disk
        ) { address in
            try await runAll([
                client(0, at: address),
                client(
                    1, at: address, participant: ArithmeticParticipant(client: 1, diverges: true)),
            ])
        }
        let reason = "its loss is no finite number in epoch 1, batch 1"
        let ending = FederationClient.Ending(
            outcome: "diverged: client 1 in round 1: \(reason)", succeeded: false)
        #expect(endings == [ending, ending])
        #expect(disk.records.isEmpty)
    }

    @Test("Refusals are told in the server's words")
    func refusals() async throws {
        let disk = Served.Disk()
        try await Served.with(Served.settings(clients: 2, rounds: 1), disk: disk) { address in
            let stranger = await #expect(throws: ClientError.self) {
                try await client(2, at: address).run()
            }
            #expect(stranger?.description.hasPrefix("the server refuses: ") == true)
            guard case .refused(let error) = stranger else {
                Issue.record("\(String(describing: stranger))")
                return
            }
            #expect(error.code == .tooManyClients)
            var other = ArithmeticParticipant(client: 0)
            other.architecture = ArchitectureDigest(
                hexadecimal: String(repeating: "00", count: 32))!
            let wrong = await #expect(throws: ClientError.self) {
                try await client(0, at: address, participant: other).run()
            }
            guard case .refused(let error) = wrong else {
                Issue.record("\(String(describing: wrong))")
                return
            }
            #expect(error.code == .wrongArchitecture)
        }
    }

    @Test("A server that never answers is given up after the time that was asked for")
    func givingUp() async throws {
        // A port that was free a moment ago.
        let port = try await Served.with(
            Served.settings(clients: 1, rounds: 1), disk: Served.Disk()
        ) { address in Int(address.text.split(separator: ":")[2])! }
        let address = try ServerAddress("http://127.0.0.1:\(port)")
        let start = MonotonicClock.seconds()
        let error = await #expect(throws: ClientError.self) {
            try await client(0, at: address, retrySeconds: 1).run()
        }
        let spent = MonotonicClock.seconds() - start
        #expect((0.9...3).contains(spent))
        #expect(
            error?.description
                == "no answer from http://127.0.0.1:\(port) for 1 s: connection refused")
    }
}
