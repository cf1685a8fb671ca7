import ArgumentParser
import FederationWire
import Platform

/// Ids of clients as they are typed: "0-9", "0,2,5-7".
struct ClientIDs: Equatable {
    /// Rising, each once.
    let all: [Int]

    /// Clients of one process at most: each has connections of its own.
    static let limit = 1000

    /// Reads what was typed.
    /// - Throws: `ValidationError`, a sentence.
    init(_ text: String) throws {
        func problem(_ clause: String) -> ValidationError {
            ValidationError(
                "--ids \(text.printable(limit: 40)): \(clause); ids like 0-9 or 0,2,5-7 were expected"
            )
        }
        var ids: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
                part.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "-" })
            else { throw problem("“\(String(part).printable(limit: 20))” is no id") }
            guard first <= last else { throw problem("\(part) goes down") }
            guard ClientNumber.allowed.contains(last) else {
                throw problem("an id is at most \(ClientNumber.allowed.upperBound)")
            }
            guard last - first < Self.limit else {
                throw problem("these are more than \(Self.limit) clients")
            }
            for id in first...last {
                guard ids.insert(id).inserted else { throw problem("client \(id) is there twice") }
            }
            guard ids.count <= Self.limit else {
                throw problem("these are more than \(Self.limit) clients")
            }
        }
        all = ids.sorted()
    }

    /// Ids as they are typed, in the shortest way: "0-9", "0, 2, 5-7".
    static func text(_ ids: some Sequence<Int>) -> String {
        var ranges: [(first: Int, last: Int)] = []
        for id in ids.sorted() {
            if let last = ranges.last, last.last + 1 == id {
                ranges[ranges.count - 1].last = id
            } else {
                ranges.append((id, id))
            }
        }
        return ranges.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }
            .joined(separator: ", ")
    }

    /// "client 3", "clients 0-9".
    static func words(_ ids: some Collection<Int>) -> String {
        (ids.count == 1 ? "client " : "clients ") + text(ids)
    }
}
