import FederationServer
import FederationWire
import Foundation
import TestSupport
import Testing

@Suite("What people see")
struct ObservationTests {
    @Test("The state has all that the page shows")
    func state() async throws {
        try await TestServer.with { server in
            let before = try await server.get("/state")
            #expect(before.json("phase") as? String == "waiting")
            _ = try await server.register(1, samples: 30)
            _ = try await server.upload(1, round: 1, value: 0.5, samples: 30)
            _ = try await server.register(0)
            #expect(
                try await server.until {
                    let clients = try await server.get("/state").json("clients") as? [[String: Any]]
                    return clients?.last?["accuracy"] as? Double == 0.5
                })
            let answer = try await server.get("/state")
            #expect(answer.headers["content-type"] == "application/json")
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
            #expect(
                Set(object.keys) == [
                    "version", "run", "phase", "outcome", "round", "roundOpenedAt", "deadlineAt",
                    "rounds", "clients", "waiting", "drops", "events",
                ])
            #expect(object["phase"] as? String == "training")
            #expect(object["outcome"] is NSNull)
            let run = try #require(object["run"] as? [String: Any])
            #expect(
                Set(run.keys) == [
                    "id", "experiment", "clients", "rounds", "strategy", "learning_rate", "rows",
                    "spec", "insecure", "startedAt", "address",
                ])
            #expect(run["strategy"] as? String == "FedAvg")
            #expect(run["learning_rate"] as? Double == 0.01)
            #expect(
                run["rows"] as? [[String: String]]
                    == [["name": "seed", "title": "seed", "value": "1"]])
            #expect(run["address"] as? String == "http://127.0.0.1:\(server.port)")
            let clients = try #require(object["clients"] as? [[String: Any]])
            #expect(clients.map { $0["client"] as? Int } == [0, 1])
            #expect(clients.map { $0["state"] as? String } == ["training", "reported"])
            #expect(clients.map { $0["samples"] as? Int } == [10, 30])
            #expect(clients[1]["bytesReceived"] as? Int == 216)
            #expect((clients[1]["lastSeen"] as? String)?.hasSuffix("Z") == true)
            let events = try #require(object["events"] as? [[String: Any]])
            #expect(
                events.map { $0["text"] as? String } == [
                    "round 1 is open for 2 clients", "client 1 is there",
                    "client 1 has reported in round 1", "client 0 is there",
                ])
        }
    }

    @Test(
        "Clients are shown with what they say of themselves, what they sent, and whom all wait for")
    func clients() async throws {
        try await TestServer.with { server in
            let registration = Registration(
                architecture: TestServer.digest, sampleCount: 10, host: "node\u{1b}7",
                version: "1.2.3")
            for client in 0..<2 {
                if client == 1 {
                    let waiting = try #require(
                        try await server.get("/state").json("waiting") as? [String: Any])
                    #expect(waiting["missing"] as? [Int] == [1])
                    #expect((waiting["since"] as? String)?.hasSuffix("Z") == true)
                    #expect(
                        waiting["command"] as? String
                            == "federated join http://127.0.0.1:\(server.port) --id 1")
                }
                _ = try await server.ask(
                    "PUT", Route.register.path(TestServer.run, client),
                    body: registration.encoded())
                // Three milliseconds are no reason to know nothing of its speed.
                let report = UpdateReport(
                    seconds: 0.003, classCounts: [client, 10 - client], imageCount: 30)
                let sent = try await server.ask(
                    "PUT", Route.update.path(TestServer.run, 1, client),
                    body: server.update(
                        client, round: 1, value: Float(client + 1), report: report))
                #expect(sent.status == 200, "\(sent.text)")
            }
            #expect(
                try await server.until {
                    (try await server.get("/state").json("rounds") as? [Any])?.isEmpty == false
                })
            let state = try await server.get("/state")
            let clients = try #require(state.json("clients") as? [[String: Any]])
            #expect(clients.map { $0["host"] as? String } == ["node\\u{1b}7", "node\\u{1b}7"])
            #expect(clients.map { $0["version"] as? String } == ["1.2.3", "1.2.3"])
            for client in clients {
                let speed = try #require(client["imagesPerSecond"] as? Double)
                #expect(abs(speed - 10_000) < 1e-6)
                #expect((client["norm"] as? Double ?? 0) > 0)
                #expect(client["cosine"] == nil)
                #expect((client["history"] as? [String: Any])?["norm"] as? [Double] != nil)
            }
            #expect(clients.map { $0["classCounts"] as? [Int] } == [[0, 10], [1, 9]])
            let rounds = try #require(state.json("rounds") as? [[String: Any]])
            #expect((rounds[0]["bytes"] as? Int ?? 0) > 2 * 216)
        }
    }

    @Test("Watchers are told of changes, at most four times a second")
    func events() async throws {
        try await TestServer.with { server in
            _ = try await server.register(0)
            let (socket, first) = try await onThread { [port = server.port] in
                let socket = try RawSocket(port: port)
                socket.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                var text = ""
                while !text.contains("event: state\n") {
                    text += String(decoding: try socket.receive(), as: UTF8.self)
                }
                return (socket, text)
            }
            #expect(first.contains("text/event-stream"))
            // Many changes at once are told as one.
            for _ in 0..<20 { _ = try await server.register(1) }
            let rest = try await server.passing(0.05) {
                try await onThread {
                    var text = ""
                    while !text.contains("client 1 is there") {
                        let bytes = try socket.receive()
                        if bytes.isEmpty { break }
                        text += String(decoding: bytes, as: UTF8.self)
                    }
                    return text
                }
            }
            #expect(rest.contains("client 1 is there"))
            let events = (first + rest).components(separatedBy: "event: state\n").count - 1
            #expect(events >= 2)
            #expect(Double(events) <= 2 + 4 * server.time.seconds())
        }
    }

    @Test("Metrics are in Prometheus's text form")
    func metrics() async throws {
        try await TestServer.with { server in
            _ = try await server.upload(0, round: 1, value: 1)
            _ = try await server.upload(8, round: 1, value: 1)
            let answer = try await server.get("/metrics")
            #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let lines = answer.text.split(separator: "\n")
            #expect(lines.contains("federated_updates_total 1"))
            #expect(lines.contains("federated_received_bytes_total 216"))
            #expect(lines.contains(#"federated_refusals_total{code="unknown_client"} 1"#))
            #expect(
                lines.contains(
                    #"federated_requests_total{route="/v1/runs/{run}/rounds/{round}/updates/{client}",method="PUT",status="200"} 1"#
                ))
            for line in lines where !line.hasPrefix("#") {
                #expect(Double(line.split(separator: " ").last ?? "") != nil, "\(line)")
            }
        }
    }

    @Test("Without a dashboard there is no page, but health and metrics")
    func noPage() async throws {
        var options = TestServer.Options()
        options.showsPage = false
        try await TestServer.with(options) { server in
            for path in ["/", "/state", "/events"] {
                let answer = try await server.get(path)
                #expect(answer.status == 404)
            }
            #expect(try await server.get("/healthz").text == "ok\n")
            #expect(try await server.get("/metrics").status == 200)
        }
    }
}
