import FederationServer
import FederationWire
import Foundation
import Testing

@Suite("The plain API")
struct PlainAPITests {
    private func listed(_ value: Float) -> [UInt8] {
        let row = "[\(value), \(value), \(value)]"
        return Array("[[\(row), \(row)], [\(value), \(value), \(value), \(value)]]".utf8)
    }

    @Test("A run of two clients and two rounds, from the first model to the last")
    func wholeRun() async throws {
        try await TestServer.with { server in
            #expect(try await server.committedRounds() == 0)
            let first = try await server.get("/get_server_weight")
            #expect(first.text == "[[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [0.0, 0.0, 0.0, 0.0]]")
            for round in 1...2 {
                for (client, value) in [(0, Float(round)), (1, Float(round) * 4)] {
                    let count = try await server.get(
                        "/update_num_data/\(client)/\(client * 10 + 10)")
                    #expect(count.text == "Number of data for \(client) updated")
                    let put = try await server.ask(
                        "PUT", "/put_weight/\(client)", body: listed(value))
                    #expect(put.status == 200)
                    #expect(put.text == "Weight of \(client) updated")
                }
                #expect(try await server.until { try await server.committedRounds() == round })
            }
            // (10 · 2 + 20 · 8) / 30
            let last = try await server.get("/get_server_weight")
            #expect(last.text == "[[[6.0, 6.0, 6.0], [6.0, 6.0, 6.0]], [6.0, 6.0, 6.0, 6.0]]")
            #expect(server.record.commits.map(\.round.record.round) == [1, 2])
            #expect(server.record.outcomes == [.completed])
            let late = try await server.ask("PUT", "/put_weight/0", body: listed(1))
            #expect(late.status == 409)
            #expect(late.message == "the run is over: completed")
            #expect(try await server.committedRounds() == 2)
        }
    }

    @Test(
        "A run that cannot be made is the server's fault: its operator hears why, and the old one goes on"
    )
    func startFails() async throws {
        var options = TestServer.Options()
        options.makingFails = true
        try await TestServer.with(options) { server in
            let asked = try await server.get("/initialize/3/1/3")
            #expect(asked.status == 500)
            #expect(asked.code == "server_error")
            #expect(
                asked.message
                    == "the server cannot do this now: its operator has been told the reason")
            #expect(!asked.text.contains("disk"))
            #expect(server.record.events.contains("GET /initialize/3/1/3: the disk is full"))
            let state = try await server.get("/state").text
            #expect(!state.contains("disk"))
            // Asked again it is no other, and no request waits for ever for the one that failed.
            #expect(try await server.get("/initialize/3/1/3").status == 500)
            #expect(try await server.get("/initialize/2/1/2").status == 200)
            for client in 0..<2 { try await server.upload(client, round: 1, value: 1) }
            #expect(try await server.until { server.record.commits.count == 1 })
        }
    }

    @Test("Reporting twice, or without a number of samples, changes nothing")
    func conflicts() async throws {
        try await TestServer.with { server in
            let early = try await server.ask("PUT", "/put_weight/0", body: listed(1))
            #expect(early.status == 409)
            #expect(early.code == "samples_missing")
            #expect(
                early.message
                    == "client 0 has not said how many samples it has: "
                    + "expected GET /update_num_data/0/COUNT first")
            _ = try await server.get("/update_num_data/0/10")
            #expect(try await server.ask("PUT", "/put_weight/0", body: listed(1)).status == 200)
            let again = try await server.ask("PUT", "/put_weight/0", body: listed(1))
            #expect(again.status == 409)
            #expect(again.code == "duplicate")
            #expect(again.message == "client 0 has reported in round 1 already")
            #expect(server.record.commits.isEmpty)
        }
    }

    @Test("initialize starts another run, but not over one that clients have reported in")
    func initialize() async throws {
        try await TestServer.with { server in
            let same = try await server.get("/initialize/2/1/2")
            #expect(same.status == 200)
            #expect(same.text == "Initialized server")
            #expect(try await server.get("/v1/run").json("run") as? String == "test-1")
            _ = try await server.get("/initialize/1/1/1")
            #expect(try await server.get("/v1/run").json("run") as? String == "test-2")
            let spec = try await server.get("/v1/run").json("spec") as? [String: Any]
            #expect(spec?["clients"] as? Int == 1)
            _ = try await server.get("/initialize/2/1/1")
            _ = try await server.get("/update_num_data/0/10")
            #expect(try await server.ask("PUT", "/put_weight/0", body: listed(1)).status == 200)
            let refused = try await server.get("/initialize/2/1/1")
            #expect(refused.status == 409)
            #expect(refused.code == "run_in_progress")
            let forced = try await server.get("/initialize/2/1/1?force=true")
            #expect(forced.status == 403)
            #expect(forced.message == "?force=true needs the administrator's token")
            // The run goes on and ends; then there is nothing in progress any more.
            _ = try await server.get("/update_num_data/1/10")
            #expect(try await server.ask("PUT", "/put_weight/1", body: listed(1)).status == 200)
            #expect(try await server.until { !server.record.outcomes.isEmpty })
            #expect(try await server.committedRounds() == 1)
            #expect(try await server.get("/initialize/3/2/4").status == 200)
            #expect(try await server.committedRounds() == 0)
        }
    }

    @Test("Of two that ask for the same run at once, the second finds it there")
    func initializeTwice() async throws {
        var options = TestServer.Options()
        let making = Gate()
        options.whileMaking = { await making.pass() }
        try await TestServer.with(options) { server in
            async let one = server.get("/initialize/1/1/1")
            async let two = server.get("/initialize/1/1/1")
            // Of the other it makes no difference whether it has come by then.
            #expect(try await server.until { making.waiting == 1 })
            making.open()
            for text in try await [one.text, two.text] { #expect(text == "Initialized server") }
            #expect(try await server.get("/v1/run").json("run") as? String == "test-2")
            // Had there been another, it would have had the name test-3.
            _ = try await server.get("/initialize/1/1/2")
            #expect(try await server.get("/v1/run").json("run") as? String == "test-3")
        }
    }

    @Test("Nobody's report is taken by a run whose place another is about to take")
    func reportDuringInitialize() async throws {
        var options = TestServer.Options()
        let making = Gate()
        options.whileMaking = { await making.pass() }
        try await TestServer.with(options) { server in
            _ = try await server.get("/update_num_data/0/10")
            async let initialized = server.get("/initialize/1/1/1")
            let refused = try await server.until {
                let put = try await server.ask("PUT", "/put_weight/0", body: Array("[]".utf8))
                return put.status == 409
                    && put.message == "another run is about to begin: ask again in a moment"
            }
            #expect(refused)
            making.open()
            #expect(try await initialized.status == 200)
            _ = try await server.get("/update_num_data/0/10")
            #expect(try await server.ask("PUT", "/put_weight/0", body: listed(1)).status == 200)
            #expect(try await server.until { server.record.outcomes == [.completed] })
        }
    }

    @Test(
        "initialize takes whole numbers in range",
        arguments: ["/0/1/1", "/-1/1/1", "/1/5/1", "/1/1/0", "/1/1/x", "/1/1/99999999999999999999"])
    func initializeNumbers(path: String) async throws {
        try await TestServer.with { server in
            let answer = try await server.get("/initialize" + path)
            #expect(answer.status == 400)
            #expect(answer.code == "invalid_field")
        }
    }
}
