import Foundation
import JSON
import TestSupport
import TestThreads
import Testing

@Suite("Finding, naming and using runs", .serialized, .holdsItsThreadNext)
struct FindingTests {
    private static let small = [
        "--dataset", "digits", "--clients", "3", "--samples", "40", "--model",
        "logistic-regression", "--evaluation-fraction", "0.2",
    ]

    private func rows(_ words: [String], in folder: URL) throws -> [[String: JSONValue]] {
        let end = try Command.run(["runs", "--json"] + words, in: folder)
        #expect(end.status == 0, "\(end.errors)")
        guard case .array(let rows) = try JSONValue(decoding: Array(end.output.utf8)) else {
            Issue.record("no array: \(end.output)")
            return []
        }
        return rows.map(\.members)
    }

    private func model(_ log: String, in folder: URL) throws -> Data {
        let name = log.trimmingCharacters(in: .newlines).replacing(".json", with: ".safetensors")
        return try Data(contentsOf: folder.appending(path: name))
    }

    @Test("A run is named, found, shown, repeated to the same bits, extended and removed")
    func life() throws {
        try Command.inTemporaryFolder { folder in
            let first = try Command.run(
                [
                    "run", "--quiet", "--rounds", "2", "--name", "it's <b>", "--tag", "a", "--tag",
                    "b",
                ]
                    + Self.small + ["--note", "why not", "--learning-rate", "0.3"], in: folder)
            #expect(first.status == 0, "\(first.errors)")
            let log = try String(
                contentsOf: folder.appending(
                    path: first.output.trimmingCharacters(in: .newlines)), encoding: .utf8)
            #expect(log.contains("\"name\": \"it's <b>\""))
            #expect(log.contains("\"note\": \"why not\""))
            let second = try Command.run(
                ["run", "--quiet", "--rounds", "3"] + Self.small, in: folder)
            #expect(second.status == 0)
            let all = try rows([], in: folder)
            #expect(all.map { $0["name"] } == ["it's <b>", .null])
            #expect(all.map { $0["rounds"] } == [2, 3])
            #expect(try rows(["--filter", "tag:a"], in: folder).count == 1)
            #expect(
                try rows(["--sort", "rounds:desc", "--limit", "1"], in: folder)[0]["rounds"] == 3)
            #expect(try rows(["--limit", "1"], in: folder)[0]["rounds"] == 3)

            let labelled = try Command.run(
                ["label", "it's", "--name", "base", "--untag", "a", "--tag", "c"], in: folder)
            #expect(labelled.status == 0, "\(labelled.errors)")
            #expect(try rows(["--filter", "base"], in: folder)[0]["tags"] == ["b", "c"])
            let stranger = try Command.run(["label", "base", "--untag", "x"], in: folder)
            #expect(stranger.status == 64)
            #expect(stranger.errors.contains("has no tag “x” to take away: it has b, c"))

            let shown = try Command.run(["show", "base"], in: folder)
            #expect(shown.output.contains("learning rate 0.3"), "\(shown.output)")
            #expect(!shown.output.contains("momentum"))
            let command = try #require(
                shown.output.split(separator: "\n").first { $0.hasPrefix("  federated run ") })
            let words = command.replacing("  federated ", with: "$F ")
            let again = try Command.shell("\(words) --quiet --log-dir again", in: folder)
            #expect(again.status == 0, "\(command): \(again.errors)")
            #expect(try model(again.output, in: folder) == model(first.output, in: folder))

            let longer = try Command.run(
                ["run", "--quiet", "--resume", "base", "--rounds", "3", "--learning-rate", "0.3"],
                in: folder)
            #expect(longer.status == 0, "\(longer.errors)")
            let whole = try Command.shell("\(words) --rounds 3 --quiet --log-dir whole", in: folder)
            #expect(try model(longer.output, in: folder) == model(whole.output, in: folder))
            let over = try Command.run(["run", "--resume", "base"], in: folder)
            #expect(over.errors.hasSuffix(" is over: completed\n"))

            let refused = try Command.run(
                ["run", "--no-store", "--name", "x"] + Self.small, in: folder)
            #expect(
                refused.errors.contains(
                    "--name, --tag and --note are kept in the store: leave --no-store out"))
            let removed = try Command.run(["runs", "--remove", "base"], in: folder)
            #expect(removed.status == 0, "\(removed.errors)")
            #expect(try rows([], in: folder).count == 1)
        }
    }
}
