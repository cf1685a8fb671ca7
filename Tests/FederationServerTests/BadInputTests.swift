import Federation
import FederationServer
import FederationWire
import Foundation
import Parameters
import TestSupport
import Testing

/// Whatever comes, it gets a 4xx with the error that both APIs use, and the run goes on as if
/// nothing had come.
@Suite("Bad input")
struct BadInputTests {
    /// Makes sure that a run of two clients ends with the mean of their updates.
    private func expectUnharmed(_ server: TestServer) async throws {
        #expect(try await server.get("/healthz").text == "ok\n")
        #expect(server.record.commits.isEmpty)
        for client in 0..<2 {
            // Uploads that were cut off count as under way until the server has noticed.
            let isTaken = try await server.until {
                let sent = try await server.upload(client, round: 1, value: Float(client + 1))
                #expect([200, 429].contains(sent.status), "\(sent.text)")
                return sent.status == 200
            }
            #expect(isTaken)
        }
        #expect(try await server.until { server.record.commits.count == 1 })
        #expect(
            server.record.model
                == ParameterVector([Float](repeating: 1.5, count: 10)))
    }

    private func expectRefused(
        _ answer: RawSocket.Answer, _ code: APIError.Code, _ message: String? = nil,
        _ what: String = ""
    ) {
        #expect(answer.code == code.rawValue, "\(what): \(answer.status) \(answer.text)")
        #expect(answer.status == code.status, "\(what)")
        #expect(answer.headers["content-type"] == "application/json")
        #expect((400..<500).contains(answer.status))
        if let message { #expect(answer.message == message, "\(what)") }
        let object = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        #expect(object.map { Set($0.keys) } == ["code", "message", "expected", "got"])
    }

    @Test("A number of samples that is none, in a path")
    func sampleCountsInPaths() async throws {
        try await TestServer.with { server in
            for text in [
                "-1", "0", "1.5", "%221%22", "null", "1000000000000000000", "9223372036854775807",
                "536870912", "+1", "01", "%20", "1e3",
            ] {
                let answer = try await server.get("/update_num_data/0/\(text)")
                expectRefused(
                    answer, .invalidSampleCount,
                    "“\(text)” is no number of samples: expected a whole number from 1 to 536870911",
                    text)
            }
            #expect(try await server.ask("PUT", "/put_weight/0").code == "samples_missing")
            try await expectUnharmed(server)
        }
    }

    @Test("A number of samples that is none, in a registration")
    func sampleCountsInMessages() async throws {
        try await TestServer.with { server in
            for text in [
                "-1", "0", "1.5", "\"1\"", "null", "1000000000000000000", "9223372036854775807",
                "[]", "true",
            ] {
                let body =
                    #"{"protocol": 2, "architecture": "\#(TestServer.digest)", "samples": \#(text)}"#
                let answer = try await server.ask(
                    "PUT", Route.register.path(TestServer.run, 0), body: Array(body.utf8))
                expectRefused(answer, .invalidSampleCount, nil, text)
            }
            #expect(try await server.task(0).code == "unknown_client")
            try await expectUnharmed(server)
        }
    }

    @Test("A client's id that is none")
    func clientIDs() async throws {
        try await TestServer.with { server in
            let long = String(repeating: "9", count: 10_000)
            for text in [
                "..%2F..%2Fetc%2Fpasswd", "%00", "1%00", "1%0A", "%0d%0aX:1", long, "00", "-1", "x",
                "1.0", "9223372036854775808",
            ] {
                for (method, path) in [
                    ("GET", "/update_num_data/\(text)/1"), ("PUT", "/put_weight/\(text)"),
                    ("GET", "/v1/runs/test-1/clients/\(text)/task"),
                    ("PUT", "/v1/runs/test-1/rounds/1/updates/\(text)"),
                ] {
                    let answer = try await server.ask(method, path, body: [])
                    expectRefused(answer, .invalidClient, nil, String(path.prefix(60)))
                    #expect(answer.body.count < 1000)
                }
            }
            for (method, path) in [
                ("PUT", "/put_weight/2"), ("GET", "/v1/runs/test-1/clients/2/task"),
                ("PUT", "/v1/runs/test-1/rounds/1/updates/2147483646"),
            ] {
                let answer = try await server.ask(method, path, body: [])
                let client = path.contains("2147483646") ? "2147483646" : "2"
                expectRefused(
                    answer, .unknownClient,
                    "there is no client \(client): this run has the clients 0 to 1")
            }
            expectRefused(try await server.get("/update_num_data/2/1"), .tooManyClients)
            try await expectUnharmed(server)
        }
    }

    @Test("Bytes in a request line that no HTTP has")
    func rawBytes() async throws {
        try await TestServer.with { server in
            for line in [
                "GET /update_num_data/\u{0}/1 HTTP/1.1", "GET /update_num_data/1\n/1 HTTP/1.1",
                "\u{16}\u{3}\u{1}\u{2}", "GET / HTTP/9.9", "NONSENSE", "GET  HTTP/1.1",
            ] {
                let answer = try await onThread { [port = server.port] in
                    let socket = try RawSocket(port: port)
                    socket.send(line + "\r\nHost: localhost\r\n\r\n")
                    return try socket.answer()
                }
                expectRefused(answer, .malformedBody, "this is no request of HTTP/1.1", line)
                #expect(answer.headers["connection"] == "close")
            }
            try await expectUnharmed(server)
        }
    }

    @Test("Headers without end")
    func hugeHeaders() async throws {
        try await TestServer.with { server in
            let answer = try await server.get(
                "/healthz", headers: ["X: " + String(repeating: "a", count: 20_000)])
            expectRefused(answer, .tooLarge, "the request's headers are too long")
            try await expectUnharmed(server)
        }
    }

    @Test("JSON that is too deep, says a thing twice, or is none")
    func json() async throws {
        try await TestServer.with { server in
            let deep = String(repeating: "[", count: 30_000) + String(repeating: "]", count: 30_000)
            let twice = #"{"samples": 1, "samples": 2, "architecture": "\#(TestServer.digest)"}"#
            for text in [deep, twice, "", "{", "nul", "[1]", "\u{0}", #"{"a": "\ud800"}"#] {
                let answer = try await server.ask(
                    "PUT", Route.register.path(TestServer.run, 0), body: Array(text.utf8))
                expectRefused(answer, .malformedJSON, nil, String(text.prefix(40)))
            }
            #expect(try await server.get("/update_num_data/0/10").status == 200)
            for text in [deep, "", "{", "nul", "[[[1, 2, 3], [4, 5"] {
                let answer = try await server.ask(
                    "PUT", "/put_weight/0", body: Array(text.utf8.prefix(60_000)))
                #expect(["malformed_json", "wrong_shape"].contains(answer.code), "\(answer.text)")
                #expect(answer.status == 400)
            }
            try await expectUnharmed(server)
        }
    }

    @Test("Weights of another shape, or that are no numbers")
    func weights() async throws {
        try await TestServer.with { server in
            _ = try await server.get("/update_num_data/0/10")
            for (text, code) in [
                ("[]", APIError.Code.wrongShape), ("[[[1, 2, 3], [4, 5, 6]]]", .wrongShape),
                ("[[[1, 2], [4, 5]], [1, 2, 3, 4]]", .wrongShape),
                ("[[[1, 2, 3], [4, 5, 6]], [1, 2, 3, 4], [1]]", .wrongShape),
                ("[[[1, 2, 3], [4, 5, 6]], [1, 2, 3, NaN]]", .notFinite),
                ("[[[1, 2, 3], [4, 5, 6]], [1, 2, 3, 1e99]]", .notFinite),
                ("[[[1, 2, 3], [4, 5, 6]], [1, 2, 3, \"4\"]]", .wrongShape),
                ("[[[1, 2, 3], [4, 5, 6]], [1e30, 2, 3, 4]]", .outOfRange),
            ] {
                let answer = try await server.ask(
                    "PUT", "/put_weight/0", body: Array(text.utf8))
                expectRefused(answer, code, nil, text)
            }
            try await expectUnharmed(server)
        }
    }

    @Test("Binary updates that are wrong somewhere")
    func binaryUpdates() async throws {
        try await TestServer.with { server in
            let path = Route.update.path(TestServer.run, 1, 0)
            let good = server.update(0, round: 1, value: 1)
            func changed(_ position: Int, _ value: UInt8) -> [UInt8] {
                var bytes = good
                bytes[position] = value
                return bytes
            }
            for (bytes, code) in [
                (changed(0, 0), APIError.Code.malformedBody), (changed(8, 1), .wrongVersion),
                (changed(8, 3), .wrongVersion), (changed(10, 1), .malformedBody),
                (changed(64, 3), .malformedBody), (changed(72, 0), .malformedBody),
                (changed(80, 0), .wrongArchitecture), (changed(120, 0xAB), .wrongChecksum),
                (changed(128, 0xAB), .malformedBody), (changed(152, 0xAB), .unknownEncoding),
                (changed(160, 9), .malformedBody), (changed(168, 0xAB), .malformedBody),
                (changed(182, 0xAB), .wrongChecksum), (Array(good.dropLast()), .truncated),
                (good + [0], .tooLarge), ([], .truncated), (Array(good.prefix(100)), .truncated),
                (server.update(1, round: 1, value: 1), .wrongClient),
                (server.update(0, round: 1, value: .nan), .notFinite),
                (server.update(0, round: 1, value: -.infinity), .notFinite),
                (server.update(0, round: 1, value: 1e30), .outOfRange),
                (server.update(0, round: 1, value: 1, samples: 0), .invalidSampleCount),
                (server.update(0, round: 1, value: 1, samples: 1 << 29), .invalidSampleCount),
                (server.update(0, round: 1, value: 1, count: 9), .malformedBody),
            ] {
                let answer = try await server.ask("PUT", path, body: bytes)
                expectRefused(answer, code)
            }
            let text = try await server.ask(
                "PUT", path, headers: ["Content-Type: text/plain"], body: good)
            expectRefused(text, .wrongContentType)
            // It is an encoding that there is, but not one of this run's.
            let sparse = server.update(0, round: 1, value: 1, as: SparseEncoding())
            expectRefused(
                try await server.ask("PUT", path, body: sparse), .unknownEncoding,
                "the body is written as “sparse”: expected “float32”")
            let counts = UpdateReport(classCounts: [4, 5])
            expectRefused(
                try await server.ask(
                    "PUT", path, body: server.update(0, round: 1, value: 1, report: counts)),
                .invalidField,
                "“classCounts” adds up to 9: expected 10, the update's samples")
            try await expectUnharmed(server)
        }
    }

    @Test("A client of version 1 is told to be updated, when it registers and when it uploads")
    func outdated() async throws {
        try await TestServer.with { server in
            let body = #"{"architecture": "\#(TestServer.digest)", "samples": 10}"#
            let registering = try await server.ask(
                "PUT", Route.register.path(TestServer.run, 0), body: Array(body.utf8))
            expectRefused(
                registering, .wrongVersion,
                "the client speaks version 1 of the protocol, the server version 2: "
                    + "update the client")
            #expect(registering.status == 426)
            var old = server.update(0, round: 1, value: 1)
            old[8] = 1
            let uploading = try await server.ask(
                "PUT", Route.update.path(TestServer.run, 1, 0), body: old)
            expectRefused(uploading, .wrongVersion)
            #expect(uploading.message?.hasSuffix("update the client") == true)
            try await expectUnharmed(server)
        }
    }

    @Test("A body that is cut off anywhere")
    func cutOff() async throws {
        try await TestServer.with { server in
            let good = server.update(0, round: 1, value: 1)
            let head =
                "PUT \(Route.update.path(TestServer.run, 1, 0)) HTTP/1.1\r\nHost: localhost\r\n"
                + "Content-Length: \(good.count)\r\n\r\n"
            try await onThread { [port = server.port] in
                for length in 0..<good.count {
                    let socket = try RawSocket(port: port)
                    socket.send(Array(head.utf8) + good.prefix(length))
                    socket.shut()
                }
            }
            try await expectUnharmed(server)
        }
    }

    @Test("Bodies that are packed are refused as such, before they are read")
    func packed() async throws {
        try await TestServer.with { server in
            _ = try await server.get("/update_num_data/1/10")
            let update = Route.update.path(TestServer.run, 1, 1)
            let register = Route.register.path(TestServer.run, 1)
            for (path, body) in [
                ("/put_weight/1", Array("[]".utf8)), (update, server.update(1, round: 1, value: 1)),
                (register, Array("{}".utf8)),
            ] {
                for coding in ["gzip", "GZIP", "br", "deflate, gzip"] {
                    let answer = try await server.ask(
                        "PUT", path, headers: ["Content-Encoding: \(coding)"], body: body)
                    expectRefused(
                        answer, .wrongContentType,
                        "the body is packed (\(coding.lowercased())): "
                            + "expected it without Content-Encoding", path)
                }
            }
            let plain = try await server.ask(
                "PUT", register, headers: ["Content-Encoding: identity"],
                body: Registration(architecture: TestServer.digest, sampleCount: 10).encoded())
            #expect(plain.status == 204)
            try await expectUnharmed(server)
        }
    }

    @Test("HEAD is answered as GET is, without the body, and changes nothing")
    func head() async throws {
        try await TestServer.with { server in
            for path in [
                "/", "/healthz", "/get_server_round", "/get_server_weight", "/v1/run",
                Route.model.path(TestServer.run),
            ] {
                let get = try await server.get(path)
                let (head, next) = try await onThread { [port = server.port] in
                    let socket = try RawSocket(port: port)
                    socket.send("HEAD \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    var text = ""
                    while !text.contains("\r\n\r\n") {
                        text += String(decoding: try socket.receive(), as: UTF8.self)
                    }
                    // Nothing is behind the head: the next answer on the connection is the next.
                    return (text, try socket.exchange("GET", "/healthz"))
                }
                #expect(head.hasPrefix("HTTP/1.1 200"), "\(path)")
                #expect(head.hasSuffix("\r\n\r\n"), "\(path)")
                let length = try #require(get.headers["content-length"])
                #expect(head.lowercased().contains("content-length: \(length)\r\n"), "\(path)")
                #expect(next.text == "ok\n")
            }
            for path in ["/initialize/3/1/3", "/update_num_data/1/5"] {
                let answer = try await onThread { [port = server.port] in
                    let socket = try RawSocket(port: port)
                    socket.send("HEAD \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return String(decoding: try socket.receive(), as: UTF8.self)
                }
                #expect(answer.hasPrefix("HTTP/1.1 405"), "\(path)")
            }
            let spec = try await server.get("/v1/run").json("spec") as? [String: Any]
            #expect(spec?["clients"] as? Int == 2)
            try await expectUnharmed(server)
        }
    }

    @Test("Routes that are not there, and methods that they do not take")
    func routes() async throws {
        try await TestServer.with { server in
            expectRefused(
                try await server.get("/etc/passwd"), .notFound, "there is nothing at /etc/passwd")
            let post = try await server.ask("POST", "/get_server_round", body: [])
            expectRefused(post, .methodNotAllowed, "/get_server_round takes GET or HEAD")
            #expect(post.json("expected") as? String == "GET or HEAD")
            #expect(post.headers["allow"] == "GET, HEAD")
            let get = try await server.get(Route.register.path(TestServer.run, 0))
            expectRefused(
                get, .methodNotAllowed, "/v1/runs/test-1/clients/0 takes DELETE or PUT")
            #expect(get.headers["allow"] == "DELETE, PUT")
            try await expectUnharmed(server)
        }
    }
}
