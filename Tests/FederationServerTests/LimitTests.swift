import FederationServer
import FederationWire
import Foundation
import Parameters
import Platform
import Synchronization
import TestSupport
import Testing

@Suite("Limits", .serialized)
struct LimitTests {
    private let path = Route.update.path(TestServer.run, 1, 0)

    @Test("A body of 10 GB is refused before any of it is read")
    func tenGigabytes() async throws {
        try await TestServer.with { server in
            let answer = try await onThread { [path, port = server.port] in
                let socket = try RawSocket(port: port)
                socket.send(
                    "PUT \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000000\r\n\r\n"
                )
                return try socket.answer()
            }
            #expect(answer.status == 413)
            #expect(
                answer.message == "the body has 10000000000 bytes: expected at most 69712")
            #expect(answer.json("got") as? Int == 10_000_000_000)
        }
    }

    @Test("A body without end is cut off")
    func endless() async throws {
        try await TestServer.with { server in
            let (answer, isClosed) = try await onThread { [path, port = server.port] in
                let socket = try RawSocket(port: port)
                socket.send(
                    "PUT \(path) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
                let good = server.update(0, round: 1, value: 1)
                socket.send("\(String(good.count, radix: 16))\r\n")
                socket.send(good + Array("\r\n".utf8))
                let chunk = Array("400\r\n".utf8) + [UInt8](repeating: 7, count: 1024) + [13, 10]
                for _ in 0..<8 { socket.send(chunk) }
                let answer = try socket.answer()
                var isOpen = true
                for _ in 0..<100_000 where isOpen { isOpen = socket.send(chunk) }
                return (answer, !isOpen)
            }
            #expect(answer.status == 413)
            #expect(isClosed)
            #expect(server.record.commits.isEmpty)
        }
    }

    @Test("A body that comes a byte at a time is cut off")
    func tooSlow() async throws {
        var options = TestServer.Options()
        options.change = { limits in
            limits.graceSeconds = 0.4
            limits.minimumBytesPerSecond = 1000
        }
        try await TestServer.with(options) { server in
            let socket = try await onThread { [path, port = server.port] in
                let socket = try RawSocket(port: port)
                socket.send(
                    "PUT \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 216\r\n\r\n")
                for byte in server.update(0, round: 1, value: 1).prefix(40) { socket.send([byte]) }
                return socket
            }
            #expect(try await server.until { try await server.metric("federated_uploads") == 1 })
            let (answer, isClosed) = try await server.passing(0.1) {
                try await onThread { (try socket.answer(), socket.isClosedByPeer()) }
            }
            #expect(answer.status == 408)
            #expect(answer.code == "too_slow")
            #expect(answer.message?.hasSuffix("expected at least 1000 a second") == true)
            #expect(isClosed)
            // The client may try again.
            #expect(try await server.upload(0, round: 1, value: 1).status == 200)
        }
    }

    @Test("A body may take only so long in all, however fast it began")
    func totalDeadline() {
        var limits = ServerLimits(parameterCount: 10)
        limits.minimumBytesPerSecond = 1000
        limits.graceSeconds = 1
        var clock = BodyClock(RequestAllowance(bodyBytes: 4000), since: 100)
        clock.waitBegins(at: 100)
        clock.received(3999, at: 100.01)
        // The server itself was busy for all of the time, so the rate says nothing.
        #expect(clock.lateness(at: 109, limits: limits) == nil)
        #expect(
            clock.lateness(at: 111, limits: limits)
                == "the body was not complete after 11.0 s: expected within 10.0 s")
    }

    @Test("Headers that do not end, and connections that nobody uses, are closed")
    func idle() async throws {
        var options = TestServer.Options()
        options.change = { $0.idleSeconds = 0.3 }
        try await TestServer.with(options) { server in
            let closed = try await onThread { [port = server.port] in
                let header = try RawSocket(port: port)
                header.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
                let used = try RawSocket(port: port)
                _ = try used.exchange("GET", "/healthz")
                let silent = try RawSocket(port: port)
                // The time of this limit is the network library's. Trickling does not help.
                while header.send("a") { usleep(50_000) }
                return [header.isClosedByPeer(), used.isClosedByPeer(), silent.isClosedByPeer()]
            }
            #expect(closed == [true, true, true])
        }
    }

    @Test("Uploads wait for a place in memory, and are told to come back when there is none")
    func slots() async throws {
        var options = TestServer.Options()
        options.clients = 4
        options.change = { limits in
            limits.uploadMemoryBytes = 1
            limits.slotWaitSeconds = 0.4
        }
        try await TestServer.with(options) { server in
            // Two have the two places that there are at least, and keep them.
            let sockets = try await onThread { [port = server.port] in
                try (0..<2).map { client in
                    let socket = try RawSocket(port: port)
                    let path = Route.update.path(TestServer.run, 1, client)
                    socket.send(
                        "PUT \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 216\r\n\r\n")
                    socket.send(Array(server.update(client, round: 1, value: 1).prefix(100)))
                    return socket
                }
            }
            #expect(try await server.until { try await server.metric("federated_uploads") == 2 })
            let late = try await server.passing(0.1) {
                try await server.upload(2, round: 1, value: 1)
            }
            #expect(late.status == 429)
            #expect(late.headers["retry-after"] == "1")
            #expect(
                late.message
                    == "the server has had 2 other uploads in hand for 0.4 s: try again")
            let waiting = Task { try await server.upload(3, round: 1, value: 1) }
            #expect(
                try await server.until {
                    try await server.metric("federated_uploads_waiting") == 1
                })
            sockets[0].shut()
            #expect(try await waiting.value.status == 200)
            #expect(try await server.upload(2, round: 1, value: 1).status == 200)
        }
    }

    @Test("A slow upload keeps its place while nobody waits, and gives it up when somebody does")
    func slotIsGivenUp() async throws {
        var options = TestServer.Options()
        options.change = { limits in
            limits.uploadMemoryBytes = 1
            limits.graceSeconds = 0.4
            limits.minimumBytesPerSecond = 1
            limits.slotHoldSeconds = 1
            limits.slotWaitSeconds = 10
        }
        try await TestServer.with(options) { server in
            for client in 0..<2 { _ = try await server.get("/update_num_data/\(client)/10") }
            let slow = try await onThread { [port = server.port] in
                let socket = try RawSocket(port: port)
                socket.send(
                    "PUT /put_weight/0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n"
                )
                // A byte a second is as fast as this server wants it.
                for _ in 0..<1000 { socket.send(" ") }
                return socket
            }
            #expect(try await server.until { try await server.metric("federated_uploads") == 1 })
            // It may have its place for as long as nobody waits for it.
            server.time.advance(by: 2)
            let taken = try await server.passing(0.1) {
                try await server.ask(
                    "PUT", "/put_weight/1", body: Array("[[[1,1,1],[1,1,1]],[1,1,1,1]]".utf8))
            }
            #expect(taken.status == 200, "\(taken.text)")
            let answer = try await onThread { try slow.answer() }
            #expect(answer.status == 408)
            #expect(
                answer.message?.hasSuffix("expected within 1 s while others wait") == true,
                "\(answer.text)")
        }
    }

    @Test("Those who watch and read nothing lock nobody else out")
    func stalledWatchers() async throws {
        var options = TestServer.Options()
        options.timing.feedSeconds = 0.02
        options.change = { limits in
            limits.watchers = 8
            limits.watcherStallSeconds = 0.5
        }
        try await TestServer.with(options) { server in
            func watch() async throws -> RawSocket {
                try await onThread { [port = server.port] in
                    let socket = try RawSocket(port: port)
                    socket.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return socket
                }
            }
            var stalled: [RawSocket] = []
            for _ in 0..<20 { stalled.append(try await watch()) }
            // Whoever comes is told, and told again, though all places were taken.
            _ = try await server.register(1)
            let reader = try await watch()
            let isRead = Mutex(false)
            let changes = Task {
                let path = Route.heartbeat.path(TestServer.run, 1)
                var count = 0
                while !isRead.withLock({ $0 }) {
                    count += 1
                    let beat = Heartbeat(
                        round: 1, imagesTrained: count, imagesPerSecond: Double(count))
                    _ = try await server.ask("POST", path, body: beat.encoded())
                    server.time.advance(by: 0.025)
                }
            }
            let text = try await onThread {
                defer { isRead.withLock { $0 = true } }
                var text = ""
                while text.components(separatedBy: "event: state\n").count < 6 {
                    let bytes = try reader.receive()
                    if bytes.isEmpty { break }
                    text += String(decoding: bytes, as: UTF8.self)
                }
                return text
            }
            #expect(text.hasPrefix("HTTP/1.1 200"))
            #expect(text.components(separatedBy: "event: state\n").count >= 6)
            try await changes.value
            #expect(try #require(try await server.metric("federated_watchers")) <= 8)
        }
    }

    @Test("A connection that names every client there is costs as much as one that names a few")
    func claims() async throws {
        let connection = Connection(nil)
        var taken = 0
        for client in 1...100_000 where connection.claim(client: client, run: 1) { taken += 1 }
        #expect(taken == Connection.claimLimit)
        #expect(!connection.claim(client: 1, run: 1))
        #expect(connection.onlyClient == nil)
        // Another run is another matter.
        #expect(connection.claim(client: 1, run: 2))
        #expect(connection.onlyClient == 1)
    }
}
