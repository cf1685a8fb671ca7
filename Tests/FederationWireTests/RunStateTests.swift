import Federation
import FederationWire
import Foundation
import JSON
import TestThreads
import Testing

@Suite("A run's state for the page", .holdsItsThread)
struct RunStateTests {
    private func members(_ value: JSONValue) throws -> [String: JSONValue] {
        guard case .object(let members) = value else {
            throw APIError(.malformedJSON, "no object")
        }
        return members
    }

    @Test("What is not known is null, and a report's own members are there only where they are")
    func unknown() throws {
        let facts = RunState.Facts(id: "r", experiment: 1, clients: 2, rounds: 3)
        let state = try members(
            RunState(version: nil, run: facts, phase: .finished, round: 0).json)
        #expect(
            state == [
                "version": nil,
                "run": [
                    "id": "r", "experiment": 1, "clients": 2, "rounds": 3, "rows": [],
                    "spec": nil,
                ],
                "phase": "finished", "outcome": nil, "round": 0, "roundOpenedAt": nil,
                "deadlineAt": nil, "rounds": [], "clients": [], "waiting": nil, "drops": nil,
                "events": nil,
            ])
        #expect(
            Set(try members(RunState.Client(client: 4).json).keys) == [
                "client", "state", "samples", "accuracy", "lastSeen", "bytesReceived",
                "bytesSent", "imagesPerSecond",
            ])
    }

    @Test("Everything has its name")
    func all() throws {
        let moment = Date(timeIntervalSince1970: 1.5)
        let time: JSONValue = "1970-01-01T00:00:01.500Z"
        var facts = RunState.Facts(
            id: "20260131_235959", experiment: 1, clients: 5, rounds: 5,
            settings: ["model": "reference-cnn", "cohort": 4],
            rows: [RunState.Row(name: "cohort", title: "clients a round", value: "4")],
            spec: ["cohort": 4])
        facts.startedAt = moment
        facts.settings["address"] = "http://a"
        var state = RunState(
            version: "1", run: facts, phase: .training, outcome: "completed", round: 2)
        state.roundOpenedAt = moment
        state.deadlineAt = moment
        state.rounds = [
            RunState.Round(
                round: 1, accuracy: 0.5, loss: 2, seconds: 3, closedAt: moment, clients: 0.25...0.75
            )
        ]
        var client = RunState.Client(client: 4)
        client.state = .reported
        client.lastRound = 1
        client.samples = 600
        client.bytesSent = 7
        state.clients = [client]
        state.clientsSeen = 1000
        state.waiting = RoundWait(round: 2, needed: 5, here: 4, missing: [3])
        state.drops = [ClientDrop(at: moment, client: 1, round: 1, reason: "it has left")]
        state.events = [RunState.Event(at: moment, "round 1 is committed")]
        let found = try members(state.json)
        #expect(found["roundOpenedAt"] == time)
        #expect(found["deadlineAt"] == time)
        #expect(found["clientsSeen"] == 1000)
        #expect(found["waiting"] == state.waiting?.json)
        #expect(found["events"] == [["at": time, "text": "round 1 is committed"]])
        #expect(
            found["rounds"] == [
                [
                    "round": 1, "accuracy": 0.5, "loss": 2.0, "seconds": 3.0, "closedAt": time,
                    "clientsLow": 0.25, "clientsHigh": 0.75,
                ]
            ])
        let run = try members(found["run"] ?? nil)
        #expect(
            run == [
                "id": "20260131_235959", "experiment": 1, "clients": 5, "rounds": 5,
                "startedAt": time, "address": "http://a", "model": "reference-cnn", "cohort": 4,
                "rows": [["name": "cohort", "title": "clients a round", "value": "4"]],
                "spec": ["cohort": 4],
            ])
        let shown = try members(client.json)
        #expect(shown["state"] == "reported")
        #expect(shown["lastRound"] == 1)
    }
}
