import Foundation
import Platform

/// A small run and the bits of the model it ends with: an entry of `pinned-models.txt`, which says how
/// it is read.
public struct PinnedModel: Sendable {
    /// What must lead to the same bits.
    public enum Way: String, CaseIterable, Sendable {
        case threads, http, json, killed, broken, ranks
    }

    /// What came of a run.
    public struct Result: Hashable, Sendable, CustomStringConvertible {
        /// The SHA-256 of its model file.
        public var digest: String
        /// Rounds that were committed.
        public var rounds: Int
        /// How it ended, in the log's words before the first colon.
        public var outcome: String

        /// - Parameter model: the file's bytes.
        public init(model: Data, rounds: Int, outcome: String) {
            digest = SHA256.hexadecimal(of: model)
            self.rounds = rounds
            self.outcome = outcome.split(separator: ":").first.map(String.init) ?? ""
        }

        init?(_ line: String) {
            let fields = line.split(separator: " ", maxSplits: 2)
            guard fields.count == 3, fields[0].count == 64, let rounds = Int(fields[1]) else {
                return nil
            }
            digest = String(fields[0])
            self.rounds = rounds
            outcome = String(fields[2])
        }

        /// A line of the file: digest, rounds and outcome.
        public var description: String { "\(digest) \(rounds) \(outcome)" }
    }

    /// What its line says first.
    public var name: String
    /// The ways that it is run by.
    public var ways: Set<Way>
    /// Of `federated run`: those of all and its own.
    public var options: [String]
    /// nil where the file has a dash.
    public var result: Result?

    /// The file's entries in order.
    public static let all: [PinnedModel] = {
        do {
            return try read(String(contentsOf: file, encoding: .utf8))
        } catch {
            fatalError("\(file.path): \(error)")
        }
    }()

    /// Those that lead to their bits that way, too.
    public static func all(_ way: Way) -> [PinnedModel] { all.filter { $0.ways.contains(way) } }

    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "pinned-models.txt")

    private struct Malformed: Error {
        var line: String
    }

    private static func read(_ text: String) throws -> [PinnedModel] {
        let lines = text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
        var entries: [(head: [String], body: [String])] = []
        for line in lines {
            if line.hasPrefix(" ") {
                guard !entries.isEmpty else { throw Malformed(line: line) }
                entries[entries.count - 1].body.append(line)
            } else {
                entries.append((words(line), []))
            }
        }
        guard let common = entries.first, common.head == ["common"], common.body.count == 1 else {
            throw Malformed(line: lines.first ?? "")
        }
        return try entries.dropFirst().map { head, body in
            let ways = head.dropFirst().compactMap(Way.init)
            let result = body.last.map { words($0).joined(separator: " ") } ?? ""
            guard body.count == 2, ways.count == head.count - 1,
                result == "-" || Result(result) != nil
            else { throw Malformed(line: head.joined(separator: " ")) }
            return PinnedModel(
                name: head[0], ways: Set(ways), options: words(common.body[0]) + words(body[0]),
                result: Result(result))
        }
    }

    private static func words(_ line: String) -> [String] {
        line.split(separator: " ").map(String.init)
    }

    /// Writes the file with these results in the order of its entries.
    public static func write(_ results: [Result]) throws {
        var rest = results[...]
        let lines = try String(contentsOf: file, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map { line in
                let text = words(String(line)).joined(separator: " ")
                guard line.hasPrefix(" "), text == "-" || Result(text) != nil,
                    let result = rest.popFirst()
                else { return String(line) }
                return "    \(result)"
            }
        precondition(rest.isEmpty, "\(rest.count) results are of no entry")
        try lines.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
    }
}

extension PinnedModel: CustomStringConvertible {
    /// Its name.
    public var description: String { name }
}
