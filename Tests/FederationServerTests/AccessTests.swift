import FederationWire
import Foundation
import Testing
import FederationServer

@Suite("Who may")
struct AccessTests {
    private static let tokens = """
        # clients
        0 first-token-of-client-0
        1 sha256:\(sha256OfSecond)

        admin administrators-token
        """
    /// Of "second-token-of-client-1".
    private static let sha256OfSecond =
        "cfc05e43acfd9470ea75a8b4ff7e79047e95f48eb2dd1f0210a0e8b9c71c7eda"

    private func table() throws -> TokenTable {
        try TokenTable(text: Self.tokens, path: "tokens")
    }

    @Test("Tokens and their digests name their holders")
    func holders() throws {
        let table = try table()
        #expect(table.holder(of: "first-token-of-client-0") == .client(0))
        #expect(table.holder(of: "second-token-of-client-1") == .client(1))
        #expect(table.holder(of: "administrators-token") == .administrator)
        #expect(table.holder(of: "first-token-of-client-1") == nil)
        #expect(table.holder(of: "") == nil)
        #expect(!"\(table)".contains("first-token"))
    }

    @Test("Files of tokens as Windows' programs write them")
    func lineEnds() throws {
        for end in ["\r\n", "\r"] {
            let text =
                "\u{FEFF}"
                + Self.tokens.split(separator: "\n", omittingEmptySubsequences: false)
                .joined(separator: end) + end + end
            let table = try TokenTable(text: text, path: "tokens")
            #expect(table.holder(of: "first-token-of-client-0") == .client(0))
            #expect(table.holder(of: "second-token-of-client-1") == .client(1))
            #expect(table.holder(of: "administrators-token") == .administrator)
        }
    }

    @Test("Files of tokens that are not right")
    func files() throws {
        func sentence(_ text: String) -> String {
            do {
                _ = try TokenTable(text: text, path: "t")
                return "none"
            } catch {
                return "\(error)"
            }
        }
        #expect(
            sentence("") == "t has no token: expected a line “ID TOKEN” for each client")
        #expect(
            sentence("\n1")
                == "line 2 of t is no token: expected “ID TOKEN” or “ID sha256:DIGITS”, "
                + "ID being a client's number, “admin” or “reader”")
        #expect(sentence("x 0123456789abcdef").hasPrefix("line 1 of t is no token"))
        #expect(sentence("1 sha256:12").hasPrefix("line 1 of t is no token"))
        #expect(sentence("-1 0123456789abcdef").hasPrefix("line 1 of t is no token"))
        #expect(
            sentence("1 short")
                == "the token in line 1 of t has 5 bytes: expected at least 16")
        #expect(
            sentence("1 0123456789abcdef\n1 0123456789abcdeg")
                == "line 2 of t gives a token or a client for the second time")
        #expect(
            sentence("1 0123456789abcdef\n2 0123456789abcdef")
                == "line 2 of t gives a token or a client for the second time")
    }

    @Test("A file that others may read is not used")
    func mode() throws {
        let path = NSTemporaryDirectory() + "tokens-\(UUID().uuidString)"
        defer { unlink(path) }
        #expect(throws: TokenFileError.cannotRead(path: path, reason: "No such file or directory"))
        {
            try TokenTable(path: path)
        }
        let isMade = FileManager.default.createFile(
            atPath: path, contents: Data(Self.tokens.utf8), attributes: [.posixPermissions: 0o644])
        #expect(isMade)
        #expect(throws: TokenFileError.notPrivate(path: path, mode: 0o644)) {
            try TokenTable(path: path)
        }
        #expect(
            "\(TokenFileError.notPrivate(path: "t", mode: 0o644))"
                == "t has the mode 644, so that others may read its tokens: expected 600")
        chmod(path, 0o600)
        #expect(try TokenTable(path: path).holder(of: "administrators-token") == .administrator)
    }

    @Test("A client's identity is its token's")
    func identity() async throws {
        var options = TestServer.Options()
        options.tokens = try table()
        try await TestServer.with(options) { server in
            let first = ["Authorization: Bearer first-token-of-client-0"]
            let admin = ["Authorization: Bearer administrators-token"]
            let none = try await server.upload(0, round: 1, value: 1)
            #expect(none.status == 401)
            #expect(none.headers["www-authenticate"] == "Bearer")
            #expect(
                none.message == "this server takes a token in the header “Authorization: Bearer …”")
            for header in [
                "Bearer wrong", "Bearer", "Basic first-token-of-client-0",
                "first-token-of-client-0",
                "Bearer first-token-of-client-0 x",
            ] {
                let wrong = try await server.upload(
                    0, round: 1, value: 1, headers: ["Authorization: \(header)"])
                #expect(wrong.status == 401)
                #expect(wrong.message == "the token is not one that this server takes")
            }
            let asOther = try await server.upload(1, round: 1, value: 1, headers: first)
            #expect(asOther.status == 403)
            #expect(asOther.code == "wrong_client")
            #expect(
                asOther.message == "the token is that of client 0: it cannot act as 1")
            let asAdmin = try await server.upload(1, round: 1, value: 1, headers: admin)
            #expect(asAdmin.status == 403)
            for path in [
                "/get_server_round", "/get_server_weight", "/update_num_data/0/1", "/v1/run",
                "/initialize/1/1/1", Route.model.path(TestServer.run),
                Route.nextTask.path(TestServer.run, 0),
            ] {
                #expect(try await server.get(path).status == 401, "\(path)")
            }
            #expect(try await server.upload(0, round: 1, value: 1, headers: first).status == 200)
            #expect(
                try await server.get("/initialize/2/1/2", headers: admin).code == "run_in_progress")
            // Who starts a run is not for clients to say, not even of the one that there is.
            for path in ["/initialize/2/1/2", "/initialize/3/1/2", "/initialize/x/1/2"] {
                let asked = try await server.get(path, headers: first)
                #expect(asked.status == 403)
                #expect(asked.message == "only the administrator's token starts a run")
            }
            let forced = try await server.get("/initialize/2/1/2?force=true", headers: first)
            #expect(forced.status == 403)
            #expect(forced.code == "forbidden")
            #expect(
                try await server.get("/initialize/2/1/2?force=true", headers: admin).status == 200)
            let run = try await server.get("/v1/run", headers: admin)
            #expect(run.json("run") as? String == "test-2")
            // People may look without one; no token is in what they see.
            for path in ["/", "/state", "/metrics", "/healthz"] {
                let seen = try await server.get(path)
                #expect(seen.status == 200)
                for token in ["token-of-client", "administrators-token"] {
                    #expect(!seen.text.contains(token))
                }
            }
            #expect(!server.record.events.joined().contains("-token"))
        }
    }

    @Test("With a reader's token, nobody looks on without one; it is good for nothing else")
    func reader() async throws {
        var options = TestServer.Options()
        options.tokens = try TokenTable(
            text: Self.tokens + "\nreader the-readers-own-token", path: "tokens")
        #expect(options.tokens?.hasReader == true)
        try await TestServer.with(options) { server in
            func basic(_ text: String) -> String {
                "Authorization: Basic \(Data(text.utf8).base64EncodedString())"
            }
            let good = [
                "Authorization: Bearer the-readers-own-token",
                "authorization: bearer administrators-token",
                "Authorization: Bearer first-token-of-client-0",
                basic("anyone:the-readers-own-token"), basic(":the-readers-own-token"),
                basic("admin:administrators-token"),
            ]
            let bad = [
                "X: y", "Authorization: Bearer wrong-but-long-enough", "Authorization: Basic",
                "Authorization: Basic !!!", basic("the-readers-own-token"),
                basic("the-readers-own-token:"), basic("a:b:the-readers-own-token"),
                basic("reader: the-readers-own-token"), "Authorization: Digest x",
            ]
            for path in ["/", "/state", "/metrics"] {
                for header in good {
                    for method in ["GET", "HEAD"] {
                        let seen = try await server.ask(method, path, headers: [header])
                        #expect(seen.status == 200, "\(path) \(header)")
                    }
                }
                for header in bad {
                    let refused = try await server.get(path, headers: [header])
                    #expect(refused.status == 401, "\(path) \(header)")
                    // What makes a browser ask for a password by itself.
                    #expect(refused.headers["www-authenticate"]?.hasPrefix("Basic realm=") == true)
                    #expect(!refused.text.contains("rounds"))
                }
            }
            #expect(try await server.get("/events").status == 401)
            #expect(try await server.get("/healthz").status == 200)
            // A browser sends a password with whatever a page makes it ask: it changes nothing.
            for path in ["/update_num_data/1/5", "/initialize/2/1/2", "/get_server_weight"] {
                for header in [
                    basic("x:first-token-of-client-0"), basic("x:administrators-token"),
                ] {
                    #expect(try await server.get(path, headers: [header]).status == 401)
                }
                let asReader = try await server.get(path, headers: [good[0]])
                #expect(asReader.status == 403, "\(path)")
            }
        }
    }

    @Test("Files of tokens come from any program, and a long one is read at once")
    func otherFiles() throws {
        let table = try TokenTable(
            text:
                "\u{FEFF}# made elsewhere\r\n1 first-token-of-client-1\r\n\r\nadmin administrators-token",
            path: "t")
        #expect(table.holder(of: "first-token-of-client-1") == .client(1))
        #expect(table.holder(of: "administrators-token") == .administrator)
        #expect(!table.hasReader)
        // Compared one with each other this would be twenty thousand million comparisons.
        let count = 200_000
        let text = (1...count).map { "\($0) token-of-client-number-\($0)" }.joined(separator: "\n")
        let long = try TokenTable(text: text, path: "t")
        #expect(long.holder(of: "token-of-client-number-\(count)") == .client(count))
    }

    @Test(
        "Which addresses others can reach",
        arguments: [
            ("127.0.0.1", true), ("127.8.9.1", true), ("localhost", true), ("::1", true),
            ("0.0.0.0", false), ("::", false), ("10.0.0.1", false), ("127.0.0.1.example", false),
            ("127.0.0", false), ("example.org", false),
        ])
    func loopback(host: String, isLoopback: Bool) {
        let exposure = Exposure(host: host, hasTLS: false, hasTokens: false)
        #expect(exposure.isLoopback == isLoopback)
        #expect(exposure.isInsecure == !isLoopback)
    }

    @Test("A server that others can reach needs a certificate and tokens")
    func exposure() throws {
        func sentence(tls: Bool, tokens: Bool, insecure: Bool = false) -> String {
            do {
                try Exposure(host: "0.0.0.0", hasTLS: tls, hasTokens: tokens)
                    .check(allowInsecure: insecure)
                return "none"
            } catch {
                return "\(error)"
            }
        }
        let begin = "0.0.0.0 can be reached from other machines: give "
        #expect(
            sentence(tls: false, tokens: false)
                == begin + "--tls-cert, --tls-key and --token-file, or say --insecure")
        #expect(
            sentence(tls: false, tokens: true)
                == begin + "--tls-cert and --tls-key, or say --insecure")
        #expect(
            sentence(tls: true, tokens: false) == begin + "--token-file, or say --insecure")
        #expect(sentence(tls: true, tokens: true) == "none")
        #expect(sentence(tls: false, tokens: false, insecure: true) == "none")
    }
}
