import Federation
import FederationWire
import Foundation
import JSON
import TestThreads
import Testing

/// From rounds to what a page shows, whether they come one by one or from a log.
@Suite("What rounds say for a page", .holdsItsThread)
struct RunTraceTests {
    private func round(_ number: Int, clients: [Int]) -> CommittedRound {
        let parts = clients.map { client in
            RoundRecord.Client(
                client: client, sampleCount: 10 + client,
                evaluation: Evaluation(
                    accuracy: Double(client % 11) / 10, loss: 1 / Double(number), count: 10),
                updateNorm: Double(client + number) / 7,
                updateCosine: number == 1 ? nil : 1 / Double(client + 3))
        }
        return CommittedRound(
            record: RoundRecord(
                round: number, clients: parts,
                global: Evaluation(accuracy: 0.1 * Double(number), loss: 1, count: 10)),
            classCounts: Dictionary(
                uniqueKeysWithValues: clients.map { ($0, [$0, 10]) }), seconds: Double(number))
    }

    private func both(_ rounds: [CommittedRound]) -> (live: RunTrace, logged: RunTrace) {
        var live = RunTrace()
        var log = RunLog(clientNumber: 5, experiment: 1, maxRound: rounds.count)
        for round in rounds {
            live.append(round)
            log.append(round)
        }
        return (live, RunTrace(log))
    }

    @Test("A log says what its rounds say")
    func same() {
        let (live, logged) = both([
            round(1, clients: [0, 1, 4]), round(2, clients: [1]), round(3, clients: [0, 1]),
        ])
        #expect(live.rounds == logged.rounds)
        #expect(live.clientIDs == [0, 1, 4])
        #expect(logged.clientIDs == live.clientIDs)
        for client in live.clientIDs + [7] {
            #expect(live.client(client) == logged.client(client))
            #expect(live.lastUpdate(of: client) == logged.lastUpdate(of: client))
        }
        #expect(!live.allAreLast)
        let shown = live.client(4)
        #expect(shown.samples == 14)
        #expect(shown.classCounts == [4, 10])
        #expect(shown.loss == 1)
        #expect(shown.norm == 5.0 / 7)
        #expect(shown.cosine == nil)
        #expect(shown.history?.norm == [0.714286, nil, nil])
        #expect(live.client(1).history?.cosine == [nil, 0.25, 0.25])
        #expect(live.client(1).cosine == 0.25)
    }

    @Test("Quantiles are of all clients, by straight lines between two")
    func quantiles() {
        var trace = RunTrace()
        trace.append(round(1, clients: [3]))
        trace.append(round(2, clients: [0, 1, 2, 3, 4]))
        trace.append(round(3, clients: [0, 1]))
        #expect(trace.rounds[0].quantiles == [0.3, 0.3, 0.3, 0.3, 0.3])
        #expect(trace.rounds[1].quantiles == [0, 0.1, 0.2, 0.3, 0.4])
        #expect(trace.rounds[2].quantiles == [0, 0.025, 0.05, 0.1 * 3 / 4, 0.1])
        #expect(trace.rounds[2].clients == 0...0.1)
    }

    @Test("Of very many clients 200 are listed, those of the last round first, without histories")
    func many() {
        let (live, logged) = both([
            round(1, clients: Array(0..<10_000)), round(2, clients: [9_999, 5_000]),
            round(3, clients: [7_000]),
        ])
        #expect(live.rounds == logged.rounds)
        #expect(live.rounds[0].quantiles.count == 5)
        let listed = live.listed(live.clientIDs)
        #expect(listed.count == RunTrace.clientLimit)
        #expect(Array(listed.prefix(4)) == [7_000, 5_000, 9_999, 0])
        #expect(live.client(0).history == nil)
        #expect(logged.client(0).history == nil)
        #expect(live.client(0).samples == 10)
    }

    @Test("Each member has its name")
    func names() {
        var client = RunState.Client(client: 1)
        client.loss = 0.5
        client.classCounts = [1, 2]
        client.norm = 2
        client.cosine = -0.5
        client.host = "a"
        client.version = "1"
        var history = RunState.Client.History()
        history.accuracy = [nil, 0.5]
        client.history = history
        guard case .object(let shown) = client.json else { return #expect(Bool(false)) }
        #expect(shown["classCounts"] == [1, 2])
        #expect(shown["norm"] == 2.0)
        #expect(shown["cosine"] == -0.5)
        #expect(shown["host"] == "a")
        #expect(shown["version"] == "1")
        #expect(
            shown["history"] == ["accuracy": [nil, 0.5], "loss": [], "norm": [], "cosine": []])
        var facts = RunState.Facts(id: "r", experiment: 2, clients: 2, rounds: 3)
        facts.title = "Experiment 2 · equal random"
        facts.name = "mine"
        facts.tags = ["a", "b"]
        facts.note = "n"
        facts.repeatCommand = "federated run"
        var state = RunState(version: nil, run: facts, phase: .paused, round: 1)
        state.home = "../../"
        state.steering = RunState.Steering(actions: [.stop, .extend])
        state.waiting = RoundWait(round: 1, needed: 2, here: 1, missing: [1])
        state.waitingSince = Date(timeIntervalSince1970: 1.5)
        state.waitingCommand = "federated join http://a --id 1"
        state.results = RunState.Results(
            round: 1, mistakes: [Mistake(index: 3, truth: 1, guess: 2, confidence: 0.5)])
        guard case .object(let found) = state.json, case .object(let run)? = found["run"],
            case .object(let results)? = found["results"]
        else { return #expect(Bool(false)) }
        #expect(found["phase"] == "paused")
        #expect(found["home"] == "../../")
        #expect(found["steering"] == ["actions": ["stop", "extend"], "needsToken": true])
        #expect(
            found["waiting"] == [
                "round": 1, "needed": 2, "here": 1, "missing": [1],
                "since": "1970-01-01T00:00:01.500Z", "command": "federated join http://a --id 1",
            ])
        #expect(
            results["mistakes"] == [
                ["index": 3, "truth": 1, "guess": 2, "confidence": 0.5, "image": nil]
            ])
        #expect(run["title"] == "Experiment 2 · equal random")
        #expect(run["name"] == "mine" && run["note"] == "n" && run["tags"] == ["a", "b"])
        #expect(run["repeat"] == "federated run")
        #expect(
            RunState.Steering(why: "It is another user's.").json == [
                "actions": [], "needsToken": true, "why": "It is another user's.",
            ])
    }

    @Test("What a client says of itself is printable, and short")
    func hostile() throws {
        func registration(_ host: String) throws -> Registration {
            try Registration(
                decoding: JSONValue.object([
                    "architecture": .string(String(repeating: "0", count: 64)), "samples": 1,
                    "protocol": 2, "host": .string(host), "version": "1.0",
                ]).encoded())
        }
        #expect(try registration("a\u{1b}[31m").host == "a\\u{1b}[31m")
        #expect(try registration("host").version == "1.0")
        let error = #expect(throws: APIError.self) {
            try registration(String(repeating: "x", count: 81))
        }
        #expect(error?.message.contains("a text of up to 80 bytes") == true)
        let plain = try registration("host")
        #expect(try Registration(decoding: plain.encoded()) == plain)
    }
}
