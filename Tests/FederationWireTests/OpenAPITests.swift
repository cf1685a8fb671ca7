import Foundation
import TestThreads
import Testing
import FederationWire

@Suite(.holdsItsThread) struct OpenAPITests {
    private func document() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/openapi.yaml"), encoding: .utf8)
    }

    /// "GET /v1/run" of each route under `paths:`, with its tag.
    private func routes(_ text: String) -> [String: String] {
        var found: [String: String] = [:]
        var path = ""
        var method = ""
        var isInside = false
        for line in text.split(separator: "\n") {
            if !line.hasPrefix(" ") { isInside = line == "paths:" }
            guard isInside else { continue }
            if line.hasPrefix("  /"), line.hasSuffix(":") {
                path = String(line.dropFirst(2).dropLast())
            } else if line.hasPrefix("    "), !line.hasPrefix("     "), line.hasSuffix(":") {
                method = line.dropFirst(4).dropLast().uppercased()
            } else if line.hasPrefix("      tags: [") {
                found["\(method) \(path)"] = String(line.dropFirst(13).dropLast())
            }
        }
        return found
    }

    @Test func itsRoutesAreThoseOfTheTable() throws {
        let table = Dictionary(
            uniqueKeysWithValues: Route.all.map {
                ("\($0.method.rawValue) \($0.template)", $0.api.rawValue)
            })
        #expect(try routes(document()) == table)
    }

    @Test func itsErrorCodesAreThoseThatThereAre() throws {
        let text = try document()
        let heading = "        code:\n          type: string\n          enum:\n"
        let start = try #require(text.range(of: heading))
        let codes = text[start.upperBound...].split(separator: "\n")
            .prefix { $0.hasPrefix("            - ") }.map { String($0.dropFirst(14)) }
        #expect(codes == APIError.Code.allCases.map(\.rawValue))
    }

    @Test func itNamesTheFieldsOfTheSettings() throws {
        let text = try document()
        guard case .object(let members) = MessageTests.settings.json else {
            Issue.record("no object")
            return
        }
        let start = try #require(text.range(of: "    RunSettings:\n"))
        let end = try #require(text.range(of: "    RunSpec:\n"))
        for key in members.keys {
            #expect(text[start.upperBound..<end.lowerBound].contains("        \(key): {"), "\(key)")
        }
    }
}
