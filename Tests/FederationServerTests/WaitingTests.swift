import Federation
import FederationServer
import FederationWire
import Foundation
import Testing

@Suite("Whom a run waits for")
struct WaitingTests {
    private func options(clients: Int, _ change: (inout TestServer.Options) -> Void = { _ in })
        -> TestServer.Options
    {
        var options = TestServer.Options()
        options.clients = clients
        options.timing.heartbeatSeconds = 0.2
        options.timing.silenceSeconds = 30
        options.timing.disconnectionSeconds = 0.2
        options.timing.pollSeconds = 0.3
        change(&options)
        return options
    }

    private func waiting(_ server: TestServer) async throws -> RoundWait? {
        guard let json = try await server.get("/state").json("waiting") as? [String: Any],
            let round = json["round"] as? Int, let needed = json["needed"] as? Int,
            let here = json["here"] as? Int, let missing = json["missing"] as? [Int]
        else { return nil }
        return RoundWait(round: round, needed: needed, here: here, missing: missing)
    }

    @Test("A round that is open to all waits for those who have not come, by name")
    func missing() async throws {
        try await TestServer.with(options(clients: 3)) { server in
            let all = Array(try #require(try await waiting(server)).missing)
            #expect(all.count == 3)
            #expect(
                try await waiting(server) == RoundWait(round: 1, needed: 3, here: 0, missing: all))
            _ = try await server.register(all[1])
            #expect(
                try await waiting(server)
                    == RoundWait(round: 1, needed: 3, here: 1, missing: [all[0], all[2]]))
            #expect(try await server.get("/state").json("phase") as? String == "training")
            _ = try await server.upload(all[1], round: 1, value: 1)
            // Who is there has done its part: nothing but waiting is left.
            #expect(
                try await server.until {
                    try await server.get("/state").json("phase") as? String == "waiting"
                })
            _ = try await server.register(all[0])
            _ = try await server.register(all[2])
            #expect(try await waiting(server) == nil)
            #expect(try await server.get("/state").json("phase") as? String == "training")
            #expect(
                server.record.waits == [
                    RoundWait(round: 1, needed: 3, here: 1, missing: [all[0], all[2]]),
                    RoundWait(round: 1, needed: 3, here: 2, missing: [all[2]]), nil,
                ])
        }
    }

    @Test("A run that draws cohorts waits for all its clients first")
    func cohort() async throws {
        try await TestServer.with(options(clients: 9) { $0.cohortSize = 2 }) { server in
            let first = try #require(try await waiting(server))
            #expect((first.needed, first.here) == (9, 0))
            #expect(first.missing.count == 6)
            #expect(first.words.hasPrefix("round 1 waits for 9 of 9 clients ("))
            #expect(first.words.hasSuffix(" …)"))
        }
    }

    @Test("A client whose round waits for others is told so by the first answer to its question")
    func told() async throws {
        try await TestServer.with(
            options(clients: 3) {
                $0.cohortSize = 2
                $0.timing.pollSeconds = 2
                $0.timing.disconnectionSeconds = 3600
            }
        ) { server in
            let some = try #require(try await waiting(server)).missing
            _ = try await server.register(some[0])
            // The server's clock stands still: it is answered at once.
            let answer = try await server.task(some[0])
            let task = try NextTask(decoding: answer.body)
            #expect(task.kind == .wait)
            #expect(
                task.waiting
                    == RoundWait(round: 1, needed: 3, here: 1, missing: Array(some.dropFirst())))
            // The next question is held, as any is that has no answer.
            let asked = Task { try await server.task(some[0]) }
            #expect(try await server.until { try await server.metric("federated_polls") == 1 })
            let again = try await server.passing(0.1) { try await asked.value }
            #expect(try NextTask(decoding: again.body).kind == .wait)
            #expect(server.time.seconds() >= 2)
        }
    }

    @Test("A client that was dropped is waited for, told of, and kept with the time")
    func dropped() async throws {
        let before = ClientDrop(
            at: Date(timeIntervalSince1970: 1_700_000_000.25), client: 1, round: 1, reason: "of old"
        )
        let begun = Date(timeIntervalSince1970: 1_600_000_000)
        try await TestServer.with(
            options(clients: 2) {
                $0.rounds = 3
                $0.committed = [
                    CommittedRound(
                        record: RoundRecord(round: 1, clients: [], global: nil),
                        observedDrops: [before])
                ]
                $0.startedAt = begun
            }
        ) { server in
            _ = try await server.register(1)
            _ = try await server.register(0)
            #expect(try await waiting(server) == nil)
            _ = try await server.ask("DELETE", Route.leave.path(TestServer.run, 1))
            #expect(
                try await waiting(server) == RoundWait(round: 2, needed: 2, here: 1, missing: [1]))
            let state = try await server.get("/state")
            let drops = try #require(state.json("drops") as? [[String: Any]])
            #expect(drops.map { $0["reason"] as? String } == ["of old", "it has left"])
            #expect(drops[0]["at"] as? String == "2023-11-14T22:13:20.250Z")
            let run = try #require(state.json("run") as? [String: Any])
            #expect(run["startedAt"] as? String == "2020-09-13T12:26:40.000Z")
            for client in 0..<2 { _ = try await server.upload(client, round: 2, value: 1) }
            #expect(try await server.until { !server.record.commits.isEmpty })
            let noted = try #require(server.record.commits.first?.round.observedDrops)
            #expect(noted.map(\.reason) == ["it has left"])
            #expect(noted.allSatisfy { $0.at != nil })
        }
    }

    @Test("A round's seconds begin when all that it needs are there")
    func seconds() async throws {
        let evaluation = Gate()
        let options = options(clients: 2) { options in
            options.rounds = 1
            options.evaluatesClients = false
            options.whileEvaluating = { await evaluation.pass() }
        }
        try await TestServer.with(options) { server in
            _ = try await server.upload(1, round: 1, value: 1)
            server.time.advance(by: 3)
            _ = try await server.upload(0, round: 1, value: 1)
            #expect(try await server.until { evaluation.waiting == 1 })
            server.time.advance(by: 0.5)
            evaluation.open()
            #expect(try await server.until { !server.record.commits.isEmpty })
            let round = try #require(server.record.commits.first?.round)
            #expect(round.seconds == 0.5)
            #expect(round.evaluationSeconds == 0.25)
        }
    }

    @Test(
        "Words for people",
        arguments: [
            (RoundWait(round: 1, needed: 1, here: 0), "round 1 waits for 1 of 1 client"),
            (
                RoundWait(round: 3, needed: 5, here: 4, missing: [2]),
                "round 3 waits for 1 of 5 clients (2)"
            ),
            (
                RoundWait(round: 3, needed: 5, here: 4, missing: [2, 7]),
                "round 3 waits for 1 of 5 clients (of 2, 7)"
            ),
            (
                RoundWait(round: 1, needed: 9, here: 0, missing: [0, 1, 2, 3, 4, 5]),
                "round 1 waits for 9 of 9 clients (0, 1, 2, 3, 4 …)"
            ),
        ])
    func words(wait: RoundWait, text: String) throws {
        #expect(wait.words == text)
        let task = NextTask(.wait, waiting: wait)
        #expect(try NextTask(decoding: task.encoded()) == task)
    }
}
