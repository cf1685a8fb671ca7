import FederationClient
import FederationServer
import FederationWire
import Foundation
import JSON
import Platform
import Testing

@Suite("What stands between client and server", .serialized)
struct ProxyTests {
    private func run(
        _ address: ServerAddress, time: any TimeSource = SystemTime()
    ) async throws -> FederationClient.Ending {
        var configuration = ClientConfiguration(address: address, client: 0, retrySeconds: 5)
        configuration.time = time
        return try await FederationClient(
            configuration, prepare: { _ in ArithmeticParticipant(client: 0) }, report: { _ in }
        ).run()
    }

    /// How a client ends that gets these bytes as the answer to everything.
    private func sentence(
        _ answer: String, time: any TimeSource = SystemTime()
    ) async throws -> String {
        let doorway = try Doorway { _, _ in Array(answer.utf8) }
        let address = try ServerAddress("http://127.0.0.1:\(doorway.port)")
        do {
            return "\(try await run(address, time: time))"
        } catch {
            return "\(error)".replacingOccurrences(of: address.text, with: "ADDRESS")
        }
    }

    private func answer(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test("A server under a path of a proxy is joined as any other")
    func prefix() async throws {
        let disk = Served.Disk()
        let ending = try await Served.with(
            Served.settings(clients: 1, rounds: 3), disk: disk
        ) { address in
            let proxy = try Doorway.stripping("/a/fed", before: address.port)
            return try await run(try ServerAddress("http://127.0.0.1:\(proxy.port)/a/fed/"))
        }
        #expect(ending.succeeded)
        #expect(try disk.model == Served.expected(clients: 1, rounds: 3).model)
    }

    @Test("A proxy's limit of bodies is called that, with the size that it refused")
    func bodyLimit() async throws {
        let page = "<html><h1>413 Request Entity Too Large</h1><hr>nginx</html>"
        let refusal = answer("413 Request Entity Too Large", page)
        try await Served.with(Served.settings(clients: 1, rounds: 1), disk: Served.Disk()) {
            address in
            let proxy = try Doorway { head, body in
                if body.count > 250 { return Array(refusal.utf8) }
                return Doorway.forward(
                    Array((head + "\r\nConnection: close\r\n\r\n").utf8) + body, to: address.port)
            }
            let outer = try ServerAddress("http://127.0.0.1:\(proxy.port)")
            let report = UpdateReport(
                seconds: 0.25, loss: 1, classCounts: [10, 0], imageCount: 10)
            let size = 128 + 96 + 40 + report.encoded().count
            await #expect(throws: ClientError.bodyTooLarge(outer, byteCount: size)) {
                try await run(outer)
            }
            #expect(
                "\(ClientError.bodyTooLarge(outer, byteCount: size))"
                    == "a proxy before \(outer) takes no body of \(size) bytes (413): raise its limit, "
                    + "as nginx's client_max_body_size")
        }
        // A server's own refusal stays its own.
        let own = try await sentence(
            answer(
                "413 Content Too Large",
                #"{"code": "too_large", "message": "the body has 9 bytes", "expected": 8, "got": 9}"#
            ))
        #expect(own == "the server refuses: the body has 9 bytes")
    }

    @Test("What answers and is none of our servers is said with what it answered, at once")
    func others() async throws {
        for (text, expected) in [
            (
                answer("404 Not Found", "no"),
                "ADDRESS is no federation's server: it answers 404 to /v1/run"
            ),
            (
                answer("401 Unauthorized", "<html>"),
                "ADDRESS is no federation's server: it answers 401 to /v1/run"
            ),
            ("SSH-2.0-OpenSSH_9.2\r\n", "cannot talk to ADDRESS: what it answers is no HTTP"),
            (
                "\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{46}",
                "cannot talk to ADDRESS: what it answers is no HTTP"
            ),
        ] {
            let time = HastyTime()
            let found = try await sentence(text, time: time)
            #expect(found.hasPrefix(expected), "\(found)")
            // Without a second attempt.
            #expect(time.seconds() == 0)
        }
    }

    @Test("A server that is killed in the middle of an answer, wherever that is, is waited for")
    func cutShort() async throws {
        let whole = answer("200 OK", #"{"run": "0000"}"#)
        for length in [1, 4, 8, 12, 15, 17, 20, 36, 37, 38, 40, whole.utf8.count - 1] {
            let time = HastyTime()
            let found = try await sentence(
                String(decoding: whole.utf8.prefix(length), as: UTF8.self), time: time)
            #expect(found.hasSuffix("it closed the connection"), "\(length) bytes: \(found)")
            #expect(time.seconds() > 0, "\(length) bytes")
        }
    }

    @Test("A server of another version is told from what is no server, and nobody tries again")
    func versions() async throws {
        let time = HastyTime()
        func said(_ change: (inout [String: JSONValue]) -> Void) async throws -> String {
            guard case .object(var members) = Served.settings(clients: 1, rounds: 1).json else {
                return "no object"
            }
            change(&members)
            let text = String(decoding: JSONValue.object(members).encoded(), as: UTF8.self)
            return try await sentence(answer("200 OK", text), time: time)
        }
        #expect(
            try await said { $0["protocol"] = nil }
                == "cannot talk to ADDRESS: the server speaks version 1 of the protocol, the client "
                + "version 2: update the server")
        #expect(
            try await said { $0["protocol"] = 3 }
                == "cannot talk to ADDRESS: the server speaks version 3 of the protocol, the client "
                + "version 2: update the client")
        #expect(time.seconds() == 0)
    }

    @Test("A server's words reach nobody with anything in them that cannot be seen")
    func printable() async throws {
        let words = #"\u001b]0;owned\u0007\u001b[2J\u009b1m\u202e\r\n\u200b"#
        for body in [
            #"{"code": "forbidden", "message": "no\#(words)", "expected": null, "got": null}"#,
            #"{"code": "\#(words)", "message": "no", "expected": null, "got": null}"#,
            #"{"run": "\#(words)"}"#, #"{"\#(words)": 1}"#, "\u{1B}]0;owned\u{7}",
        ] {
            for status in ["200 OK", "403 Forbidden"] {
                let found = try await sentence(answer(status, body))
                #expect(found.isPrintable, "\(found)")
            }
        }
    }
}
