import FederationServer
import FederationWire
import Foundation
import HTTPTypes
import TestSupport
import Testing

/// What a browser may be made to ask by pages of other sites, and what by nobody.
@Suite("Other sites' pages")
struct OriginTests {
    private static let loopback = Exposure(host: "127.0.0.1", hasTLS: false, hasTokens: false)

    private func code(
        _ policy: OriginPolicy, host: String?, _ headers: [(String, String)] = [],
        changesRun: Bool = false
    ) -> APIError.Code? {
        var request = HTTPRequest(method: .get, scheme: "http", authority: host, path: "/")
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { request.headerFields[name] = value }
        }
        do {
            try policy.check(request, changesRun: changesRun)
            return nil
        } catch {
            return error.code
        }
    }

    private static let ownNames = [
        "localhost", "LOCALHOST:9103", "localhost.", "localhost.:80", "127.0.0.1", "127.0.0.1:1",
        "127.8.9.1:65535", "[::1]", "[::1]:9103", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]:80",
    ]
    private static let otherNames = [
        "evil.example", "evil.example:9103", "localhost.evil.example", "127.0.0.1.evil.example",
        "10.0.0.1", "0.0.0.0", "[::]", "[fe80::1]", "", " ", "127.0.0.1@evil.example", "a b",
        "localhost:x", "localhost:123456", "[::1", "::1", "127.0.0.1, evil.example", "local​host",
        "1270.0.0.1", "127.0.0.1..", "http://localhost",
    ]

    @Test(
        "On loopback, loopback's names are the server's, and no other's is",
        arguments: [false, true])
    func hosts(changesRun: Bool) {
        let policy = OriginPolicy(exposure: Self.loopback, allowedHosts: [])
        for host in Self.ownNames {
            #expect(code(policy, host: host, changesRun: changesRun) == nil, "\(host)")
        }
        for host in Self.otherNames {
            #expect(code(policy, host: host, changesRun: changesRun) == .wrongHost, "\(host)")
        }
        #expect(code(policy, host: nil, changesRun: changesRun) == .wrongHost)
    }

    @Test("Names that are allowed count beside them, on any port and in any case")
    func allowedHosts() {
        let policy = OriginPolicy(
            exposure: Self.loopback, allowedHosts: ["Fed.Example.org.", "10.0.0.7", "::2"])
        for host in Self.ownNames + [
            "fed.example.org", "FED.example.ORG:443", "fed.example.org.", "10.0.0.7:8", "[::2]",
        ] {
            #expect(code(policy, host: host) == nil, "\(host)")
        }
        for host in Self.otherNames + ["example.org", "a.fed.example.org", "10.0.0.8"] {
            #expect(code(policy, host: host) == .wrongHost, "\(host)")
        }
    }

    @Test("Elsewhere any name counts until some are given, and then those and the own one do")
    func elsewhere() {
        let exposure = Exposure(host: "10.0.0.1", hasTLS: false, hasTokens: false)
        let open = OriginPolicy(exposure: exposure, allowedHosts: [])
        for host in ["evil.example", "10.0.0.1:9103", "[::1]", ""] {
            #expect(code(open, host: host) == nil, "\(host)")
        }
        let closed = OriginPolicy(exposure: exposure, allowedHosts: ["fed.example"])
        for host in ["fed.example:1", "10.0.0.1"] { #expect(code(closed, host: host) == nil) }
        for host in ["evil.example", "127.0.0.1", "localhost", ""] {
            #expect(code(closed, host: host) == .wrongHost, "\(host)")
        }
        let every = OriginPolicy(
            exposure: Exposure(host: "::", hasTLS: false, hasTokens: false),
            allowedHosts: ["fed.example"])
        #expect(code(every, host: "[::]") == .wrongHost)
    }

    private static let foreign: [(String, String)] = [
        ("Origin", "https://evil.example"), ("Origin", "null"), ("Origin", ""),
        ("Origin", "http://127.0.0.1"), ("Origin", "http://127.0.0.1:9104"),
        ("Origin", "https://127.0.0.1:9103"), ("Origin", "http://localhost:9103"),
        ("Origin", "http://127.0.0.1:9103.evil.example"), ("Origin", "file://"),
        ("Origin", "http://127.0.0.1:9103@evil.example"),
        ("Origin", "http://127.0.0.1:9103, http://evil.example"),
        ("Referer", "https://evil.example/page"), ("Referer", "http://127.0.0.1:1/"),
        ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"),
        ("Sec-Fetch-Site", "CROSS-SITE"), ("Sec-Fetch-Site", "what-is-to-come"),
    ]
    private static let own: [(String, String)] = [
        ("Origin", "http://127.0.0.1:9103"), ("Origin", "HTTP://127.0.0.1:9103"),
        ("Referer", "http://127.0.0.1:9103/"), ("Referer", "http://127.0.0.1:9103/?a#b"),
        ("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "none"),
    ]

    @Test("What changes a run is refused to other origins, and what does not is not")
    func origins() {
        let policy = OriginPolicy(exposure: Self.loopback, allowedHosts: [])
        for header in Self.foreign {
            #expect(
                code(policy, host: "127.0.0.1:9103", [header], changesRun: true) == .foreignOrigin,
                "\(header)")
            #expect(code(policy, host: "127.0.0.1:9103", [header]) == nil, "\(header)")
        }
        for header in Self.own {
            #expect(
                code(policy, host: "127.0.0.1:9103", [header], changesRun: true) == nil,
                "\(header)")
        }
        let secure = OriginPolicy(
            exposure: Exposure(host: "127.0.0.1", hasTLS: true, hasTokens: false),
            allowedHosts: [])
        #expect(
            code(secure, host: "localhost:443", [("Origin", "https://localhost")], changesRun: true)
                == nil)
        #expect(
            code(secure, host: "localhost", [("Origin", "http://localhost")], changesRun: true)
                == .foreignOrigin)
    }

    /// A request of each route there is, that would be taken if nothing stood in its way.
    private static func requests() -> [(route: Route, path: String)] {
        Route.all.map { route in
            var path = route.template
            for (name, value) in [
                ("clients", "2"), ("experiment", "1"), ("rounds", "2"), ("client", "1"),
                ("count", "5"), ("run", "test-1"), ("round", "1"),
            ] {
                path = path.replacingOccurrences(of: "{\(name)}", with: value)
            }
            return (route, path)
        }
    }

    private func ask(
        _ method: String, _ path: String, port: Int, host: String, _ headers: [(String, String)]
    ) async throws -> RawSocket.Answer {
        try await onThread {
            let socket = try RawSocket(port: port)
            var text = "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 0\r\n"
            for (name, value) in headers { text += "\(name): \(value)\r\n" }
            socket.send(text + "\r\n")
            return try socket.answer()
        }
    }

    @Test("It is so on every route, however its path is spelt, and nothing has changed after it")
    func everyRoute() async throws {
        var options = TestServer.Options()
        options.timing.pollSeconds = 0.1
        try await TestServer.with(options) { server in
            let own = "127.0.0.1:\(server.port)"
            for (route, path) in Self.requests() {
                let method = route.method.rawValue
                for path in [path, path.replacingOccurrences(of: "i", with: "%69"), "/" + path] {
                    let rebound = try await ask(
                        method, path, port: server.port, host: "evil.example:\(server.port)", [])
                    #expect(rebound.status == 421, "\(method) \(path)")
                    #expect(rebound.code == "wrong_host")
                }
                guard route.changesRun else { continue }
                for header in [
                    ("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"),
                    ("Referer", "https://evil.example/"),
                ] {
                    let foreign = try await ask(
                        method, path, port: server.port, host: own, [header])
                    #expect(foreign.status == 403, "\(method) \(path)")
                    #expect(foreign.code == "foreign_origin")
                }
            }
            let events = server.record.events
            #expect(events == ["round 1 is open for 2 clients"], "\(events)")
            // What reads is answered, for the page's own use and for programs; other sites' pages may
            // not see it.
            for path in ["/state", "/get_server_round", "/get_server_weight", "/metrics", "/"] {
                let answer = try await ask(
                    "GET", path, port: server.port, host: own,
                    [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")])
                #expect(answer.status == 200, "\(path)")
                #expect(!answer.headers.keys.contains { $0.hasPrefix("access-control-") })
                #expect(answer.headers["cross-origin-resource-policy"] == "same-origin")
                #expect(answer.headers["x-content-type-options"] == "nosniff")
            }
            let preflight = try await ask(
                "OPTIONS", "/put_weight/1", port: server.port, host: own,
                [
                    ("Origin", "https://evil.example"),
                    ("Access-Control-Request-Method", "PUT"),
                ])
            #expect(preflight.status == 405)
            #expect(!preflight.headers.keys.contains { $0.hasPrefix("access-control-") })
            // The plain API stays what it is for programs.
            let count = try await ask(
                "GET", "/update_num_data/1/5", port: server.port, host: own, [])
            #expect(count.status == 200)
            #expect(
                try await ask("GET", "/initialize/3/1/2", port: server.port, host: own, []).text
                    == "Initialized server")
        }
    }

    @Test(
        "Addresses as they are printed can be used on this machine",
        arguments: [
            ("127.0.0.1", "http://127.0.0.1:80"), ("[::1]", "http://[::1]:80"),
            ("::1", "http://[::1]:80"), ("LOCALHOST", "http://localhost:80"),
            ("0.0.0.0", "http://127.0.0.1:80"), ("::", "http://[::1]:80"),
            ("[::]", "http://[::1]:80"), ("fed.example", "http://fed.example:80"),
        ])
    func addresses(host: String, address: String) {
        var configuration = ServerConfiguration(
            limits: ServerLimits(parameterCount: 1), version: "0")
        configuration.host = host
        #expect(configuration.address(port: 80) == address)
    }

    @Test(
        "What is nothing to listen on",
        arguments: [
            ("http://localhost", "it is a URL"), ("127.0.0.1:80", "it names a port"),
            ("[::1]:80", "it names a port"),
            ("a b", "expected a name or an address, like 127.0.0.1 or ::1"),
            ("*", "expected a name or an address, like 127.0.0.1 or ::1"),
            ("1::2::3", "expected a name or an address, like 127.0.0.1 or ::1"),
        ])
    func wrongHosts(host: String, problem: String) {
        #expect(ServerConfiguration.problem(ofHost: host) == problem)
    }

    @Test(
        "Loopback is loopback however it is written",
        arguments: [
            "localhost", "LocalHost.", "::1", "[::1]", "0:0:0:0:0:0:0:1", "127.1.2.3",
            "::ffff:127.0.0.1",
        ])
    func loopbackHosts(host: String) {
        #expect(Exposure(host: host, hasTLS: false, hasTokens: false).isLoopback)
    }
}
