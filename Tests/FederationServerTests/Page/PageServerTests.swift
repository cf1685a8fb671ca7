import FederationServer
import FederationWire
import Foundation
import JSON
import Platform
import Synchronization
import TestSupport
import Testing

/// Runs that a test makes up.
private final class MadeUpRuns: RunPages {
    let only: String?
    private let state = Mutex((version: 1, done: [RunAction](), isBroken: false))

    init(only: String? = nil) { self.only = only }

    /// What was asked to be done.
    var done: [RunAction] { state.withLock { $0.done } }
    func change() { state.withLock { $0.version += 1 } }
    func breakDown() { state.withLock { $0.isBroken = true } }

    struct Broken: Error {}

    func version(of run: String?) throws -> Int {
        if let run { try check(run) }
        return try state.withLock {
            if $0.isBroken { throw Broken() }
            return $0.version
        }
    }

    func state(of run: String) throws -> RunState {
        try check(run)
        let facts = RunState.Facts(id: run, experiment: 1, clients: 2, rounds: 3)
        return RunState(
            version: nil, run: facts, phase: .training, round: try version(of: run))
    }

    private func check(_ run: String) throws(APIError) {
        guard ["a b", "one"].contains(run) else {
            throw APIError(.unknownRun, "there is no run “\(run.printable(limit: 60))”")
        }
    }

    func list(since revision: Int?) throws -> JSONValue {
        [
            "revision": .integer(try version(of: nil)),
            "since": revision.map { .integer($0) } ?? .null,
        ]
    }

    func perform(_ action: RunAction, on run: String) throws -> String {
        if case .remove = action {
            throw APIError(.forbidden, "run \(run) is another user's")
        }
        state.withLock { $0.done.append(action) }
        return "done"
    }
}

/// A server of pages on a free port, for as long as a test needs it.
private struct PagesUnderTest: Sendable {
    let port: Int
    let token: String
    let time: VirtualTime

    static func with(
        _ pages: MadeUpRuns, _ body: @Sendable (PagesUnderTest) async throws -> Void
    ) async throws {
        let time = VirtualTime()
        var configuration = ServerConfiguration(
            limits: ServerLimits(parameterCount: 0), version: "0.0.0")
        configuration.port = 0
        configuration.time = time
        let server = try PageServer(configuration, pages: pages, report: { _ in })
        let task = Task { try await server.run() }
        let port = try #require(await server.port)
        let parts = await server.address.split(separator: "#token=")
        try #require(parts.count == 2 && parts[0] == "http://127.0.0.1:\(port)/")
        let result = await Result.of {
            try await body(PagesUnderTest(port: port, token: String(parts[1]), time: time))
        }
        server.stop()
        // Whoever still watches is cut off when the time is up.
        let isOver = Mutex(false)
        let ending = Task {
            let end = await Result.of { try await task.value }
            isOver.withLock { $0 = true }
            try end.get()
        }
        while !isOver.withLock({ $0 }) {
            time.advance(by: 1)
            try await Task.sleep(for: .milliseconds(5))
        }
        try result.get()
        try await ending.value
    }

    func ask(
        _ method: String, _ path: String, headers: [String] = [], body: [UInt8]? = nil
    ) async throws -> RawSocket.Answer {
        try await onThread { [port] in
            try RawSocket(port: port).exchange(method, path, headers: headers, body: body)
        }
    }

    func act(
        _ path: String, _ action: RunAction, token: String? = nil, headers: [String] = []
    ) async throws -> RawSocket.Answer {
        try await ask(
            "POST", path,
            headers: [
                "Content-Type: application/json", "Authorization: Bearer \(token ?? self.token)",
            ]
                + headers, body: action.encoded())
    }
}

@Suite("Pages of runs")
struct PageServerTests {
    @Test("A list of runs, and each run's page and state behind it")
    func list() async throws {
        try await PagesUnderTest.with(MadeUpRuns()) { server in
            let page = try await server.ask("GET", "/")
            #expect(page.status == 200)
            #expect(page.headers["content-security-policy"]?.contains("default-src 'none'") == true)
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(try await server.ask("GET", "/runs").json("revision") as? Int == 1)
            #expect(try await server.ask("GET", "/runs?since=7").json("since") as? Int == 7)
            #expect(try await server.ask("GET", "/runs?since=x").status == 400)
            let run = try await server.ask("GET", "/runs/a%20b/state")
            #expect(run.json("phase") as? String == "training")
            #expect(try await server.ask("GET", "/runs/a%20b/").status == 200)
            let bare = try await server.ask("GET", "/runs/a%20b")
            #expect(bare.status == 308 && bare.headers["location"] == "a%20b/")
            let missing = try await server.ask("GET", "/runs/x/state")
            #expect(missing.status == 404 && missing.json("code") as? String == "unknown_run")
            #expect(try await server.ask("GET", "/runs/x/events").status == 404)
            // There is no one run here.
            #expect(try await server.ask("GET", "/state").status == 404)
            #expect(try await server.ask("PUT", "/runs/one/action").status == 405)
        }
    }

    @Test("The page of one run is at the root")
    func one() async throws {
        try await PagesUnderTest.with(MadeUpRuns(only: "one")) { server in
            let page = try await server.ask("GET", "/")
            #expect(page.status == 200)
            #expect(try await server.ask("GET", "/state").json("phase") as? String == "training")
            #expect(try await server.ask("GET", "/runs").status == 404)
        }
    }

    @Test("Steering takes the token, this page's origin and JSON")
    func steering() async throws {
        let pages = MadeUpRuns()
        try await PagesUnderTest.with(pages) { server in
            let path = "/runs/one/action"
            #expect(
                try await server.ask(
                    "POST", path, headers: ["Content-Type: application/json"],
                    body: RunAction.stop.encoded()
                ).status == 401)
            #expect(try await server.act(path, .stop, token: "0123456789abcdef").status == 401)
            for foreign in [
                "Origin: http://evil.example", "Sec-Fetch-Site: cross-site",
                "Referer: http://evil.example/",
            ] {
                let answer = try await server.act(path, .stop, headers: [foreign])
                #expect(answer.json("code") as? String == "foreign_origin", "\(foreign)")
            }
            #expect(
                try await server.ask(
                    "POST", path,
                    headers: ["Content-Type: text/plain", "Authorization: Bearer \(server.token)"],
                    body: RunAction.stop.encoded()
                ).status == 415)
            for (body, key) in [
                ("[]", "malformed_json"), ("{", "malformed_json"), ("{}", "invalid_field"),
                (#"{"action": "explode"}"#, "invalid_field"),
                (#"{"action": "extend"}"#, "invalid_field"),
                (#"{"action": "extend", "rounds": 0}"#, "invalid_field"),
                (#"{"action": "tag", "tags": "x"}"#, "invalid_field"),
                (#"{"action": "tag", "tags": [1]}"#, "invalid_field"),
                (#"{"action": "rename", "name": 1}"#, "invalid_field"),
                (#"{"action": "note"}"#, "invalid_field"),
            ] {
                let answer = try await server.ask(
                    "POST", path,
                    headers: [
                        "Content-Type: application/json", "Authorization: Bearer \(server.token)",
                    ], body: Array(body.utf8))
                #expect(answer.json("code") as? String == key, "\(body)")
            }
            #expect(pages.done.isEmpty)
            let actions: [RunAction] = [
                .rename("x"), .rename(nil), .tag(["a", "b"]), .note("…"), .stop, .pause, .resume,
                .extend(rounds: 20),
            ]
            for action in actions {
                let answer = try await server.act(path, action)
                #expect(answer.json("text") as? String == "done", "\(action)")
            }
            #expect(pages.done == actions)
            let refused = try await server.act(path, .remove)
            #expect(refused.json("message") as? String == "run one is another user's")
        }
    }

    @Test(
        "Watchers are told what has changed of what they watch, and nothing of what can't be read")
    func events() async throws {
        let pages = MadeUpRuns()
        try await PagesUnderTest.with(pages) { server in
            try await onThread {
                let list = try RawSocket(port: server.port)
                let run = try RawSocket(port: server.port)
                list.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                run.send("GET /runs/one/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try list.text(until: #"{"revision": 1}"#).contains("event: changed"))
                #expect(try run.text(until: #""round": 1"#).contains("event: state"))
                // One version more, on the server's own time.
                pages.change()
                server.time.advance(by: 0.3)
                #expect(try list.text(until: #"{"revision": 2}"#).contains("event: changed"))
                #expect(try run.text(until: #""round": 2"#).contains("event: state"))
                pages.breakDown()
                server.time.advance(by: 11)
                _ = try list.text(until: "nothing has changed")
            }
        }
    }

    @Test("An action is read as it is written")
    func roundTrip() throws {
        for action: RunAction in [
            .rename("a"), .rename(nil), .tag([]), .note(""), .remove, .stop, .pause, .resume,
            .extend(rounds: 1),
        ] {
            #expect(try RunAction(decoding: action.encoded()) == action)
        }
    }
}

extension RawSocket {
    /// What comes until there is that in it.
    fileprivate func text(until end: String) throws -> String {
        var bytes: [UInt8] = []
        while !String(decoding: bytes, as: UTF8.self).contains(end) {
            let more = try receive()
            try #require(!more.isEmpty, "closed after \(String(decoding: bytes, as: UTF8.self))")
            bytes += more
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
