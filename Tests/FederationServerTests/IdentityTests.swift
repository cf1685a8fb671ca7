import Federation
import FederationServer
import FederationWire
import Foundation
import Parameters
import TestSupport
import Testing

@Suite("Who has an id, and for how long")
struct IdentityTests {
    private let client = TestServer.firstClient

    private func quick() -> TestServer.Options {
        var options = TestServer.Options()
        options.timing.silenceSeconds = 0.5
        options.timing.connectedSilenceSeconds = 0.5
        options.timing.disconnectionSeconds = 2
        options.timing.upkeepSeconds = 0.05
        return options
    }

    @Test("Of two programs with one id the second is refused, and named, while the first is there")
    func taken() async throws {
        try await TestServer.with(quick()) { server in
            let first = try await server.register(client, instance: "a")
            #expect(first.status == 204)
            let refused =
                "another client came with the id \(client), which is taken: it was refused"
            for _ in 1...3 {
                let second = try await server.register(client, instance: "b")
                #expect(second.status == 409)
                #expect(second.code == "client_taken")
                #expect(
                    second.message
                        == "client \(client) is there already: another program has that id. Take "
                        + "another one, or end that program first")
            }
            #expect(server.record.events.count { $0 == refused } == 1)
            // One that does not say who it is may be anybody; the first may say it again.
            #expect(try await server.register(client).code == "client_taken")
            #expect(try await server.register(client, instance: "a").status == 204)
            // A client of the plain API cannot take the place either.
            let plain = try await server.get("/update_num_data/\(client)/5")
            #expect(plain.code == "client_taken")
            // Once the first is gone its place is free.
            let isLost = try await server.until(passing: 0.1) {
                server.record.events.contains { $0.hasPrefix("client \(client) is gone") }
            }
            #expect(isLost)
            #expect(try await server.register(client, instance: "b").status == 204)
            #expect(try await server.register(client, instance: "a").code == "client_taken")
            _ = try await server.ask("DELETE", Route.leave.path(TestServer.run, client))
            #expect(try await server.register(client, instance: "a").status == 204)
        }
    }

    @Test("A client that waits has been heard of when its question is answered")
    func waiting() async throws {
        var options = quick()
        // The second client never comes, so the first waits; the silence that is allowed is shorter
        // than a question is held, and begins anew with its answer.
        options.cohortSize = 1
        options.clients = 2
        options.minimumClients = 1
        options.timing.pollSeconds = 1.2
        options.timing.silenceSeconds = 0.8
        options.timing.connectedSilenceSeconds = 0.8
        try await TestServer.with(options) { server in
            let socket = try await onThread { [port = server.port, client] in
                let socket = try RawSocket(port: port)
                _ = try socket.exchange(
                    "PUT", Route.register.path(TestServer.run, client),
                    body: Registration(architecture: TestServer.digest, sampleCount: 10).encoded())
                return socket
            }
            let path = Route.nextTask.path(TestServer.run, client)
            // The first answer says at once whom the round waits for; the others are held.
            for isHeld in [false, true, true] {
                let asked = Task { try await onThread { try socket.exchange("GET", path) } }
                if isHeld {
                    let polls = "federated_polls"
                    #expect(try await server.until { try await server.metric(polls) == 1 })
                    let isAnswered = try await server.until(passing: 0.1) {
                        try await server.metric(polls) == 0
                    }
                    #expect(isAnswered)
                }
                #expect(try await asked.value.text.contains("wait"))
                // Less than the silence that is allowed, more than one look for it.
                server.time.advance(by: 0.3)
            }
            #expect(server.time.seconds() > 2 * 1.2)
            #expect(!server.record.events.contains { $0.contains("is gone") })
        }
    }

    @Test("All drops are counted, though the page shows the last 200")
    func drops() async throws {
        try await TestServer.with { server in
            for _ in 1...210 {
                _ = try await server.register(client)
                _ = try await server.ask("DELETE", Route.leave.path(TestServer.run, client))
            }
            let metrics = try await server.get("/metrics").text
            #expect(metrics.contains("federated_client_drops_total 210\n"))
            let drops = try await server.get("/state").json("drops") as? [Any]
            #expect(drops?.count == 200)
        }
    }

    @Test("What a client of the plain API is told counts is kept first, and taken up again")
    func kept() async throws {
        let weights = "[[[1,1,1],[1,1,1]],[1,1,1,1]]"
        try await TestServer.with { server in
            _ = try await server.get("/update_num_data/\(client)/5")
            let answer = try await server.ask(
                "PUT", "/put_weight/\(client)", body: Array(weights.utf8))
            #expect(answer.status == 200)
            #expect(
                server.record.kept == [
                    ModelUpdate(
                        client: client, round: 1, sampleCount: 5,
                        parameters: ParameterVector([Float](repeating: 1, count: 10)))
                ])
            // The binary API's client keeps its bytes and asks: its update need not be kept.
            _ = try await server.upload(client + 1, round: 1, value: 1)
            #expect(server.record.kept.count == 1)
        }
        var options = TestServer.Options()
        options.rounds = 1
        options.keptUpdates = [
            ModelUpdate(
                client: client, round: 1, sampleCount: 10,
                parameters: ParameterVector([Float](repeating: 1, count: 10))),
            ModelUpdate(
                client: client + 1, round: 7, sampleCount: 10,
                parameters: ParameterVector([Float](repeating: 9, count: 10))),
        ]
        try await TestServer.with(options) { server in
            // Only the other client is still waited for; the first is told that it has reported.
            let isTaken = try await server.until {
                let report = "client \(client) has reported in round 1"
                return server.record.events.contains(report)
            }
            #expect(isTaken)
            _ = try await server.get("/update_num_data/\(client)/5")
            let again = try await server.ask(
                "PUT", "/put_weight/\(client)", body: Array(weights.utf8))
            #expect(again.code == "duplicate")
            _ = try await server.upload(client + 1, round: 1, value: 3)
            #expect(try await server.until { !server.record.outcomes.isEmpty })
            #expect(
                server.record.model
                    == ParameterVector([Float](repeating: 2, count: 10)))
        }
    }

    @Test("An update that cannot be kept is not acknowledged, and ends the server")
    func keepingFails() async throws {
        var options = TestServer.Options()
        options.keepingFails = true
        await #expect(throws: TestServer.CommitFailure.self) {
            try await TestServer.with(options) { server in
                _ = try await server.get("/update_num_data/\(client)/5")
                let answer = try await server.ask(
                    "PUT", "/put_weight/\(client)",
                    body: Array("[[[1,1,1],[1,1,1]],[1,1,1,1]]".utf8))
                #expect(answer.status == 503)
                #expect(answer.code == "stopping")
            }
        }
    }
}
