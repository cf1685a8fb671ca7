import Federation
import FederationClient
import FederationServer
import FederationWire
import Parameters
import Platform
import Testing

@Suite("Clients of a served run", .serialized)
struct FederationClientTests {
    private func client(
        _ number: Int, at address: ServerAddress, retrySeconds: Double = 30,
        time: any TimeSource = SystemTime(), participant: ArithmeticParticipant? = nil,
        events: Events = Events()
    ) -> FederationClient {
        var configuration = ClientConfiguration(
            address: address, client: number, retrySeconds: retrySeconds)
        configuration.time = time
        return FederationClient(
            configuration,
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
        #expect(try disk.state == Served.expected(clients: 3, rounds: 4))
        #expect(
            disk.records.map { $0.clients.map(\.sampleCount) }
                == Array(repeating: [10, 11, 12], count: 4))
        #expect(events.all.filter { $0.hasPrefix("uploaded 2: ") }.count == 3)
        #expect(events.all.filter { $0 == "committed 4" }.count == 3)
        #expect(!events.all.contains("away"))
        // What clients say of their training is in the record.
        for round in disk.rounds {
            #expect(round.classCounts == [0: [10, 0], 1: [10, 1], 2: [10, 2]])
            #expect(round.trainingSeconds == 0.75)
        }
    }

    /// Clients of a strategy, which is played through a served run.
    private func play(
        _ strategy: Strategy, clients: Int, rounds: Int, disk: Served.Disk,
        events: Events = Events()
    ) async throws -> [ArithmeticParticipant] {
        var half = strategy
        half.transforms = strategy.clientTransforms
        let participants = (0..<clients).map {
            ArithmeticParticipant(client: $0, strategy: half)
        }
        let endings = try await Served.with(
            Served.settings(clients: clients, rounds: rounds, strategy: strategy), disk: disk,
            strategy: strategy
        ) { address in
            try await runAll(
                participants.map {
                    client($0.client, at: address, participant: $0, events: events)
                })
        }
        #expect(endings.filter { !$0.succeeded }.isEmpty)
        return participants
    }

    @Test("Control variates reach clients as corrections, and give what they give in memory")
    func controlVariates() async throws {
        let disk = Served.Disk()
        let participants = try await play(.scaffold(), clients: 3, rounds: 4, disk: disk)
        let expected = try Served.expected(clients: 3, rounds: 4, strategy: .scaffold())
        #expect(disk.state == expected)
        #expect(expected.clients.count == 3)
        for participant in participants {
            let corrections = participant.works.all.map(\.correction)
            #expect(corrections.count == 4)
            #expect(corrections.first == ParameterVector(zeros: Served.layout.count))
            // The test would show nothing if they were all alike.
            #expect(Set(corrections.compactMap { $0?.array(in: 0..<10) }).count == 4)
        }
    }

    @Test("What a transform keeps at its client and what it finds give what they give in memory")
    func clientTransforms() async throws {
        let strategy = Strategy("Every second", transforms: [EverySecond()])
        let disk = Served.Disk()
        let events = Events()
        let participants = try await play(
            strategy, clients: 3, rounds: 4, disk: disk, events: events)
        let expected = try Served.expected(clients: 3, rounds: 4, strategy: strategy)
        #expect(disk.model == expected.model)
        #expect(disk.rounds.map { $0.metrics["sent"] != nil } == [true, true, true, true])
        for participant in participants {
            #expect(participant.works.all.map(\.counted) == [nil, 1, 2, 3])
            #expect(participant.kept.states[4] == expected.clients[participant.client])
        }
        // Three of ten numbers, sparse: 24 bytes in place of 40.
        let report = UpdateReport(
            seconds: 0.25, loss: 1, classCounts: [10, 0], numbers: ["sent": 0.1],
            imageCount: 10
        ).encoded().count
        #expect(events.all.contains("uploaded 1: \(128 + 96 + 24 + report)"))
    }

    @Test("Clients wait for a server that is away, enter again, and end in the same bits")
    func restart() async throws {
        let strategy = Strategy("Every second", transforms: [EverySecond()])
        let disk = Served.Disk()
        let settings = Served.settings(clients: 2, rounds: 6, strategy: strategy)
        let gate = Gate()
        let events = (0..<2).map { _ in Events() }
        let (port, running) = try await Served.with(settings, disk: disk, strategy: strategy) {
            address in
            let clients = (0..<2).map { number in
                client(
                    number, at: address,
                    participant: ArithmeticParticipant(
                        client: number, strategy: strategy, gate: (3, gate)),
                    events: events[number])
            }
            let running = Task { try await runAll(clients) }
            for events in events { await events.wait(for: "training 3") }
            return (address.port, running)
        }
        #expect(disk.records.count == 2)
        gate.open()
        for events in events { await events.wait(for: "away") }
        let endings = try await Served.with(
            settings, disk: disk, strategy: strategy, port: port
        ) { _ in try await running.value }
        #expect(endings.filter { !$0.succeeded }.isEmpty)
        #expect(
            try disk.model == Served.expected(clients: 2, rounds: 6, strategy: strategy).model)
        for events in events {
            #expect(events.all.contains("back"))
            #expect(events.all.count { $0 == "registered" } == 2)
            // What it had trained it sent again.
            #expect(events.all.count { $0 == "training 3" } == 1)
        }
    }

    @Test("A client that starts again goes on from what counts, whatever it had begun")
    func startingAgain() async throws {
        let strategy = Strategy("Every second", transforms: [EverySecond()])
        let disk = Served.Disk()
        let kept = Kept()
        let settings = Served.settings(clients: 1, rounds: 4, strategy: strategy)
        try await Served.with(settings, disk: disk, strategy: strategy) { address in
            let events = Events()
            let first = client(
                0, at: address,
                participant: ArithmeticParticipant(
                    client: 0, strategy: strategy, endlessFrom: 3, kept: kept),
                events: events)
            let running = Task { try await first.run() }
            await events.wait(for: "training 3")
            running.cancel()
            _ = try? await running.value
            // As if it had kept something before it went.
            kept.note([EverySecond.rest: ParameterVector([Float](repeating: 9, count: 10))], 3)
            let second = ArithmeticParticipant(client: 0, strategy: strategy, kept: kept)
            let ending = try await client(0, at: address, participant: second).run()
            #expect(ending.succeeded)
            #expect(second.works.all.map(\.counted) == [2, 3])
        }
        #expect(
            try disk.model == Served.expected(clients: 1, rounds: 4, strategy: strategy).model)
    }

    @Test("A client that is stopped leaves, and the run goes on without it")
    func leaving() async throws {
        let disk = Served.Disk()
        let settings = Served.settings(clients: 2, rounds: 2)
        let ending = try await Served.with(settings, disk: disk, minimum: 1) { address in
            let events = Events()
            let slow = client(
                1, at: address, participant: ArithmeticParticipant(client: 1, endlessFrom: 1),
                events: events)
            let leaver = Task { try await slow.run() }
            let stayer = Task { try await client(0, at: address).run() }
            await events.wait(for: "training 1")
            leaver.cancel()
            await #expect(throws: CancellationError.self) { try await leaver.value }
            return try await stayer.value
        }
        #expect(ending.succeeded)
        #expect(disk.records.map { $0.clients.compactMap(\.sampleCount) } == [[10], [10]])
    }

    @Test("A participant that can't go on ends its client with its reason")
    func impossible() async throws {
        struct Broken: Participant {
            var architecture: ArchitectureDigest { Served.digest }
            var layout: ParameterLayout { Served.layout }
            func sampleCount(round: Int) -> Int { 1 }
            func train(
                _ work: RoundWork, progress: TrainingProgress
            ) async throws(TrainingFailure) -> TrainingResult {
                throw .impossible("a/b cannot be written: No space left on device")
            }
        }
        try await Served.with(Served.settings(clients: 1, rounds: 1), disk: Served.Disk()) {
            address in
            let error = await #expect(throws: ClientError.self) {
                try await FederationClient(
                    ClientConfiguration(address: address, client: 0), prepare: { _ in Broken() },
                    report: { _ in }
                ).run()
            }
            #expect(error?.description == "a/b cannot be written: No space left on device")
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
        ) { address in address.port }
        let address = try ServerAddress("http://127.0.0.1:\(port)")
        let time = HastyTime()
        let error = await #expect(throws: ClientError.self) {
            try await client(0, at: address, retrySeconds: 120, time: time).run()
        }
        #expect(abs(time.seconds() - 120) < 1e-6)
        #expect(
            error?.description
                == "no answer from http://127.0.0.1:\(port) for 120 s: connection refused")
    }
}
