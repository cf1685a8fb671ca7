import Federation
import FederationServer
import FederationWire
import Foundation
import Parameters
import TestSupport
import Testing

@Suite("Clients and servers that come and go")
struct LifecycleTests {
    private func quick() -> TestServer.Options {
        var options = TestServer.Options()
        options.timing.silenceSeconds = 0.6
        options.timing.connectedSilenceSeconds = 0.6
        options.timing.disconnectionSeconds = 0.3
        options.timing.upkeepSeconds = 0.05
        return options
    }

    @Test("A client whose connection closes is noticed, and its place refilled")
    func disconnected() async throws {
        var options = quick()
        options.clients = 3
        options.cohortSize = 1
        options.minimumClients = 1
        options.timing.silenceSeconds = 3600
        options.timing.connectedSilenceSeconds = 3600
        try await TestServer.with(options) { server in
            // All three are there, and one of them has the only place.
            let sockets = try await onThread { [port = server.port] in
                try (0..<3).map { client in
                    let socket = try RawSocket(port: port)
                    _ = try socket.exchange(
                        "PUT", Route.register.path(TestServer.run, client),
                        body: Registration(architecture: TestServer.digest, sampleCount: 10)
                            .encoded())
                    return socket
                }
            }
            let states = { @Sendable in
                let clients = try await server.get("/state").json("clients") as? [[String: Any]]
                return clients?.compactMap { $0["state"] as? String } ?? []
            }
            let hasBegun = try await server.until { try await states().contains("training") }
            #expect(hasBegun)
            let first = try #require(try await states().firstIndex(of: "training"))
            sockets[first].shut()
            let isRefilled = try await server.until(passing: 0.1) {
                let states = try await states()
                return states[first] == "lost" && states.contains("training")
            }
            #expect(isRefilled)
            #expect(
                server.record.events.contains(
                    "client \(first) is gone in round 1: its connection closed"))
            let drops = try await server.get("/state").json("drops") as? [[String: Any]]
            #expect(drops?.first?["client"] as? Int == first)
            #expect(drops?.first?["reason"] as? String == "its connection closed")
            withExtendedLifetime(sockets) {}
        }
    }

    @Test("One that asks for the place of a client that is gone does not keep it for that client")
    func startedAgain() async throws {
        var options = quick()
        options.timing.silenceSeconds = 3600
        options.timing.connectedSilenceSeconds = 3600
        try await TestServer.with(options) { server in
            let client = TestServer.firstClient
            let sockets = try await onThread { [port = server.port] in
                try (0..<2).map { _ in try RawSocket(port: port) }
            }
            let register = { @Sendable (index: Int) in
                try await onThread {
                    try sockets[index].exchange(
                        "PUT", Route.register.path(TestServer.run, client),
                        body: Registration(
                            architecture: TestServer.digest, sampleCount: 10,
                            instance: "\(index)"
                        ).encoded())
                }
            }
            #expect(try await register(0).status == 204)
            #expect(try await register(1).code == "client_taken")
            sockets[0].shut()
            // Again and again on its one connection, as a client does that was started again.
            let isSeated = try await server.until(passing: 0.1) {
                try await register(1).status == 204
            }
            #expect(isSeated)
        }
    }

    @Test("A client that is silent is given up, and has its place again when it comes back")
    func silent() async throws {
        try await TestServer.with(quick()) { server in
            let path = Route.heartbeat.path(TestServer.run, 0)
            let beat = Heartbeat(round: 1, imagesTrained: 5, imagesPerSecond: 100).encoded()
            let socket = try await onThread { [port = server.port] in
                let socket = try RawSocket(port: port)
                _ = try socket.exchange(
                    "PUT", Route.register.path(TestServer.run, 0),
                    body: Registration(architecture: TestServer.digest, sampleCount: 10).encoded())
                return socket
            }
            let lost = "client 0 is gone in round 1: no heartbeat for 0.6 s"
            for _ in 0..<10 {
                let answer = try await onThread { try socket.exchange("POST", path, body: beat) }
                #expect(answer.text == #"{"isWanted": true}"#)
                server.time.advance(by: 0.1)
            }
            #expect(!server.record.events.contains(lost))
            let isLost = try await server.until(passing: 0.1) {
                server.record.events.contains(lost)
            }
            #expect(isLost)
            let again = try await onThread { try socket.exchange("POST", path, body: beat) }
            #expect(again.text == #"{"isWanted": true}"#)
            #expect(try await server.upload(0, round: 1, value: 1).status == 200)
            let late = try await server.ask("POST", path, body: beat)
            #expect(late.text == #"{"isWanted": false}"#)
        }
    }

    @Test("A client that leaves is gone at once")
    func leaving() async throws {
        try await TestServer.with(quick()) { server in
            _ = try await server.register(0)
            let left = try await server.ask("DELETE", Route.leave.path(TestServer.run, 0))
            #expect(left.status == 204)
            #expect(server.record.events.contains("client 0 is gone in round 1: it has left"))
        }
    }

    @Test("A round closes at its deadline with the minimum")
    func deadline() async throws {
        var options = quick()
        options.deadlineSeconds = 0.5
        options.minimumClients = 1
        options.rounds = 1
        try await TestServer.with(options) { server in
            _ = try await server.upload(1, round: 1, value: 3)
            #expect(try await server.until(passing: 0.1) { !server.record.outcomes.isEmpty })
            #expect(
                server.record.model
                    == ParameterVector([Float](repeating: 3, count: 10)))
            let late = try await server.upload(0, round: 1, value: 1)
            #expect(late.status == 409)
            #expect(late.code == "no_round_open")
        }
    }

    @Test("A round with too few updates at its deadline stays open, and keeps what it was told of")
    func extended() async throws {
        var options = quick()
        options.deadlineSeconds = 0.5
        options.rounds = 1
        try await TestServer.with(options) { server in
            _ = try await server.upload(1, round: 1, value: 3)
            let again =
                "round 1 had 1 of at least 2 updates at its deadline: it stays open"
            #expect(
                try await server.until(passing: 0.1) { server.record.events.contains(again) })
            let repeated = try await server.upload(1, round: 1, value: 3)
            #expect(repeated.text == #"{"isRepeat": true, "round": 1}"#)
            let sent = try await server.upload(0, round: 1, value: 3)
            #expect(sent.text == #"{"isRepeat": false, "round": 1}"#)
            #expect(try await server.until { !server.record.outcomes.isEmpty })
            #expect(server.record.outcomes == [.completed])
        }
    }

    @Test("A server that stops tells those who wait, and lets a closing round be committed")
    func drain() async throws {
        var options = TestServer.Options()
        options.evaluatesClients = false
        let evaluation = Gate()
        options.whileEvaluating = { await evaluation.pass() }
        let record = try await stopped(options, evaluation)
        #expect(record.commits.count == 1)
        #expect(record.outcomes.isEmpty)
    }

    /// Stops a server whose round is being tested.
    private func stopped(
        _ options: TestServer.Options, _ evaluation: Gate
    ) async throws -> TestServer.Record {
        nonisolated(unsafe) var found: TestServer.Record?
        try await TestServer.with(options) { server in
            // With a client missing, the first question would be answered with whom the round waits for.
            for client in 0..<2 { _ = try await server.register(client) }
            _ = try await server.upload(0, round: 1, value: 1)
            let asked = Task { try await server.task(0) }
            #expect(try await server.until { try await server.metric("federated_polls") == 1 })
            _ = try await server.upload(1, round: 1, value: 1)
            server.server.stop()
            let answer = try await asked.value
            #expect(answer.status == 503)
            #expect(server.record.commits.isEmpty)
            evaluation.open()
            #expect(answer.message == "the server is stopping: try again in a moment")
            found = server.record
        }
        return try #require(found)
    }

    @Test("A client that never finishes its upload does not keep a server from stopping")
    func drainDeadline() async throws {
        var options = TestServer.Options()
        options.timing.drainSeconds = 0.5
        try await TestServer.with(options) { server in
            let socket = try await onThread { [port = server.port] in
                let socket = try RawSocket(port: port)
                let path = Route.update.path(TestServer.run, 1, 0)
                socket.send(
                    "PUT \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 216\r\n\r\n")
                return socket
            }
            #expect(try await server.until { try await server.metric("federated_uploads") == 1 })
            server.server.stop()
            let isClosed = try await server.passing(0.1) {
                try await onThread { socket.isClosedByPeer() }
            }
            #expect(isClosed)
        }
    }

    @Test("A round that cannot be made permanent is not acknowledged, and ends the server")
    func commitFails() async throws {
        var options = TestServer.Options()
        options.commitFails = true
        await #expect(throws: TestServer.CommitFailure.self) {
            try await TestServer.with(options) { server in
                for client in 0..<2 { _ = try await server.upload(client, round: 1, value: 1) }
                let isGone = try await server.until {
                    (try? await onThread { [port = server.port] in try RawSocket(port: port) })
                        == nil
                }
                #expect(isGone)
            }
        }
    }

    @Test("A second server on a port says so")
    func portInUse() async throws {
        try await TestServer.with { server in
            var configuration = ServerConfiguration(
                limits: ServerLimits(parameterCount: 10), version: "0")
            configuration.port = server.port
            let second = try FederationServer(
                configuration, run: TestServer.served(TestServer.Options(), TestServer.Record()),
                makeRun: { _ in throw CancellationError() }, report: { _ in })
            let error = await #expect(throws: ListenError.self) { try await second.run() }
            #expect(
                error?.description
                    == "cannot listen on 127.0.0.1:\(server.port): Address already in use")
            #expect(await second.port == nil)
        }
    }
}
