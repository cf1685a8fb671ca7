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
        /// The SHA-256 of its model file with as much metadata as files had when the first were pinned: what
        /// they say of themselves today is no bit of the model.
        public var digest: String
        /// Rounds that were committed.
        public var rounds: Int
        /// How it ended, in the log's words before the first colon.
        public var outcome: String

        /// - Parameter model: the file's bytes.
        public init(model: Data, rounds: Int, outcome: String) {
            digest = SHA256.hexadecimal(of: Self.plain(model))
            self.rounds = rounds
            self.outcome = outcome.split(separator: ":").first.map(String.init) ?? ""
        }

        /// The file with no more metadata than `format` and `model`.
        private static func plain(_ file: Data) -> Data {
            let bytes = [UInt8](file)
            let start = Array(#"{"__metadata__":"#.utf8)
            guard bytes.count > 8, bytes.dropFirst(8).starts(with: start) else { return file }
            let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - 8 else { return file }
            let header = bytes[8..<8 + length].dropFirst(start.count)
            var end = header.startIndex
            var (depth, isText, isEscaped) = (0, false, false)
            repeat {
                switch header[end] {
                case _ where isEscaped: isEscaped = false
                case UInt8(ascii: "\\") where isText: isEscaped = true
                case UInt8(ascii: "\""): isText.toggle()
                case UInt8(ascii: "{") where !isText: depth += 1
                case UInt8(ascii: "}") where !isText: depth -= 1
                default: break
                }
                end += 1
            } while depth > 0 && end < header.endIndex
            guard
                let metadata = try? JSONSerialization.jsonObject(with: Data(header[..<end])),
                let model = (metadata as? [String: String])?["model"]
            else { return file }
            var text =
                String(decoding: start, as: UTF8.self)
                + #"{"format":"pt","model":"\#(model)"}"#
                + String(decoding: header[end...], as: UTF8.self)
            while text.hasSuffix(" ") { text.removeLast() }
            text += String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
            let size = withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { Data($0) }
            return size + Data(text.utf8) + Data(bytes[(8 + length)...])
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
