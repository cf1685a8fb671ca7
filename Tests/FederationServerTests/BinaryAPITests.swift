import FederationServer
import FederationWire
import Foundation
import Parameters
import Testing

@Suite("The binary API")
struct BinaryAPITests {
    @Test("A run of two clients and two rounds")
    func wholeRun() async throws {
        try await TestServer.with { server in
            for client in 0..<2 { #expect(try await server.register(client).status == 204) }
            for round in 1...2 {
                for client in 0..<2 {
                    let task = try await server.task(client)
                    #expect(task.json("task") as? String == "train")
                    #expect(task.json("round") as? Int == round)
                    let sent = try await server.upload(
                        client, round: round, value: Float((client + 1) * round),
                        samples: client + 1)
                    #expect(sent.status == 200)
                    #expect(sent.text == #"{"isRepeat": false, "round": \#(round)}"#)
                }
                #expect(try await server.until { server.record.commits.count == round })
            }
            let end = try await server.task(0)
            #expect(end.json("task") as? String == "finished")
            #expect(end.json("outcome") as? String == "completed")
            #expect(end.json("succeeded") as? Bool == true)
            // (1 · 2 + 2 · 4) / 3
            let expected = Float(10.0 / 3.0)
            #expect(
                server.record.model
                    == ParameterVector([Float](repeating: expected, count: 10)))
        }
    }

    @Test("The model has an ETag by round, and is not sent to who has it")
    func model() async throws {
        try await TestServer.with { server in
            let path = Route.model.path(TestServer.run)
            let first = try await server.get(path)
            #expect(first.status == 200)
            #expect(first.headers["etag"] == "\"test-1-0\"")
            let body = try ModelBody(
                decoding: first.body,
                expecting: .globalModel(
                    run: TestServer.run, round: 0, architecture: TestServer.digest,
                    layout: TestServer.Options().layout))
            #expect(body.value == .model(ParameterVector(zeros: 10)))
            let known = try await server.get(path, headers: ["If-None-Match: \"test-1-0\""])
            #expect(known.status == 304)
            #expect(known.body.isEmpty)
            let other = try await server.get(path, headers: ["If-None-Match: \"test-1-7\""])
            #expect(other.status == 200)
            let unknown = try await server.get(Route.model.path(RunIdentifier("other")!))
            #expect(unknown.status == 404)
            #expect(unknown.message == "the run is test-1: ask for it again")
        }
    }

    @Test("The same bytes again are taken again, other bytes are not")
    func repeats() async throws {
        try await TestServer.with { server in
            _ = try await server.register(0)
            #expect(try await server.upload(0, round: 1, value: 1).status == 200)
            let again = try await server.upload(0, round: 1, value: 1)
            #expect(again.status == 200)
            #expect(again.text == #"{"isRepeat": true, "round": 1}"#)
            let other = try await server.upload(0, round: 1, value: 2)
            #expect(other.status == 409)
            #expect(other.code == "conflicting_update")
            #expect(
                other.message
                    == "client 0 has reported another update in round 1: that one counts")
            // Also when the round is over.
            _ = try await server.register(1)
            #expect(try await server.upload(1, round: 1, value: 3).status == 200)
            #expect(try await server.until { server.record.commits.count == 1 })
            #expect(try await server.upload(0, round: 1, value: 1).status == 200)
            let late = try await server.upload(0, round: 1, value: 2)
            #expect(late.status == 409)
            #expect(
                server.record.commits[0].state.model
                    == ParameterVector([Float](repeating: 2, count: 10)))
        }
    }

    @Test("An update for another round gets the current one")
    func wrongRound() async throws {
        try await TestServer.with { server in
            _ = try await server.register(0)
            let early = try await server.upload(0, round: 2, value: 1)
            #expect(early.status == 409)
            #expect(early.code == "wrong_round")
            #expect(early.message == "round 1 is open, not round 2")
            #expect(early.json("expected") as? Int == 1)
            #expect(early.json("got") as? Int == 2)
        }
    }

    @Test("A question for the next task is answered the moment the round opens")
    func longPoll() async throws {
        try await TestServer.with { server in
            for client in 0..<2 { _ = try await server.register(client) }
            _ = try await server.upload(0, round: 1, value: 1)
            let asked = Task { try await server.task(0) }
            #expect(try await server.until { try await server.metric("federated_polls") == 1 })
            _ = try await server.upload(1, round: 1, value: 1)
            // The server's clock stands still: nothing but the round's opening can answer.
            let answer = try await asked.value
            #expect(answer.json("round") as? Int == 2)
        }
    }

    @Test("A question that nothing happens to is answered with a wait")
    func pollEnds() async throws {
        var options = TestServer.Options()
        options.timing.pollSeconds = 0.3
        options.timing.silenceSeconds = 3600
        options.timing.disconnectionSeconds = 3600
        try await TestServer.with(options) { server in
            // With a client missing, the first question would be answered with whom the round waits for.
            for client in 0..<2 { _ = try await server.register(client) }
            _ = try await server.upload(0, round: 1, value: 1)
            let asked = Task { try await server.task(0) }
            #expect(try await server.until { try await server.metric("federated_polls") == 1 })
            let answer = try await server.passing(0.1) { try await asked.value }
            #expect(server.time.seconds() >= 0.3)
            #expect(answer.status == 200)
            #expect(answer.json("task") as? String == "wait")
        }
    }

    @Test("Registering: another model, a client too many, an unknown run")
    func registering() async throws {
        try await TestServer.with { server in
            let other = ArchitectureDigest(hexadecimal: String(repeating: "00", count: 32))!
            let wrong = try await server.ask(
                "PUT", Route.register.path(TestServer.run, 0),
                body: Registration(architecture: other, sampleCount: 1).encoded())
            #expect(wrong.status == 409)
            #expect(wrong.code == "wrong_architecture")
            let third = try await server.register(2)
            #expect(third.status == 409)
            #expect(third.code == "too_many_clients")
            #expect(
                third.message == "the run takes no client 2: this run has the clients 0 to 1")
            let stranger = try await server.task(1)
            #expect(stranger.status == 404)
            #expect(stranger.message == "client 1 has not registered with this server")
            let run = try await server.get("/v1/runs/other/clients/0/task")
            #expect(run.status == 404)
            #expect(run.code == "unknown_run")
        }
    }

    @Test("A client whose training diverged loses its place; with too few left the run gives up")
    func failure() async throws {
        try await TestServer.with { server in
            _ = try await server.register(0)
            _ = try await server.upload(1, round: 1, value: 1)
            let report = FailureReport(reason: "its loss is no finite number")
            let sent = try await server.ask(
                "PUT", Route.failure.path(TestServer.run, 1, 0), body: report.encoded())
            #expect(sent.status == 204)
            let twice = try await server.ask(
                "PUT", Route.failure.path(TestServer.run, 1, 1), body: report.encoded())
            #expect(twice.status == 409)
            #expect(try await server.until { !server.record.outcomes.isEmpty })
            let end = try await server.task(0)
            #expect(end.json("succeeded") as? Bool == false)
            #expect(
                end.json("outcome") as? String
                    == "failed: client 0 in round 1: its loss is no finite number, and 1 of at least "
                    + "2 updates came")
        }
    }
}
