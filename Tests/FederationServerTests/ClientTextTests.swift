import Federation
import FederationWire
import Foundation
import JSON
import Platform
import Testing

/// What clients say goes to screens, the store, the log, the page and other clients.
@Suite("Texts of clients")
struct ClientTextTests {
    /// Whether nothing in a value of JSON does anything in place of being seen.
    private func isClean(_ value: Any?) -> Bool {
        switch value {
        case let text as String: text.isPrintable
        case let list as [Any]: list.allSatisfy { isClean($0) }
        case let object as [String: Any]:
            object.allSatisfy { isClean($0.key) && isClean($0.value) }
        default: true
        }
    }

    @Test("Whatever a client gives as its reason, it is written out everywhere")
    func reasons() async throws {
        let scalars = (UInt32(0)...0x2FFF).compactMap { Unicode.Scalar($0) }
            .filter(\.isUnprintable)
        let text = String(String.UnicodeScalarView(scalars))
        #expect(text.utf8.count < 500)
        try await TestServer.with { server in
            for client in 0..<2 { try await server.register(client) }
            let body = JSONValue.object(["reason": .string("\u{1B}]0;owned\u{7}\(text)")])
            let said = try await server.ask(
                "PUT", Route.failure.path(TestServer.run, 1, 1), body: body.encoded())
            #expect(said.status == 204)
            let isHeard = try await server.until {
                server.record.events.contains { $0.contains("\\u{1b}]0;owned\\u{7}") }
            }
            #expect(isHeard, "\(server.record.events)")
            for event in server.record.events { #expect(isClean(event), "\(event.printable)") }
            for outcome in server.record.outcomes { #expect(isClean("\(outcome)")) }
            let state = try JSONSerialization.jsonObject(
                with: Data(try await server.get("/state").body))
            #expect(isClean(state))
            for path in [
                Route.nextTask.path(TestServer.run, 0), "/metrics", "/update_num_data/9/9",
            ] {
                let answer = try await server.get(path)
                #expect(isClean(answer.message))
                #expect(isClean(answer.json("outcome")))
            }
        }
    }

    @Test("Names in paths and headers come back, where they do, written out")
    func echoes() async throws {
        try await TestServer.with { server in
            for text in ["%1B%5B2J", "%C2%9B1m", "%E2%80%AE", "%EF%BB%BF", "%0A", "%7F"] {
                for path in [
                    "/update_num_data/\(text)/1", "/update_num_data/1/\(text)", "/\(text)",
                    "/v1/runs/\(text)/model", "/initialize/\(text)/1/1",
                    "/initialize/1/1/1?force=\(text)",
                ] {
                    let answer = try await server.get(path)
                    #expect((400..<500).contains(answer.status), "\(path)")
                    let object = try JSONSerialization.jsonObject(with: Data(answer.body))
                    #expect(isClean(object), "\(path): \(answer.text.printable)")
                }
            }
            #expect(server.record.events.allSatisfy { isClean($0) })
        }
    }
}
