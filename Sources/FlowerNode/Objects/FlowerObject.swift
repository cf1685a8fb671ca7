import Foundation
import Platform

/// One of the objects that a message's content is made of, addressed by what it holds.
///
/// Its bytes are the head "TYPE CHILDREN LENGTH" (the ids of its children, joined by commas, and the
/// length of the body in bytes), a zero byte and the body; its id is their SHA-256 in hexadecimal.
package struct FlowerObject: Hashable, Sendable {
    /// The types there are.
    package enum Kind: String, Sendable {
        case message = "Message"
        case records = "RecordDict"
        case arrays = "ArrayRecord"
        case metrics = "MetricRecord"
        case settings = "ConfigRecord"
        case array = "Array"
        case chunk = "ArrayChunk"
    }

    package let kind: Kind
    /// Ids of the objects that it refers to, each once.
    package let children: [String]
    package let body: Data

    package init(_ kind: Kind, children: [String] = [], body: Data) {
        self.kind = kind
        self.children = children
        self.body = body
    }

    /// The bytes whole.
    package var encoded: Data {
        let head = "\(kind.rawValue) \(children.joined(separator: ",")) \(body.count)"
        var data = Data(capacity: head.utf8.count + 1 + body.count)
        data.append(contentsOf: head.utf8)
        data.append(0)
        data.append(body)
        return data
    }

    /// The id of an object with these bytes.
    package static func id(of encoded: Data) -> String {
        SHA256.hexadecimal(of: encoded)
    }

    /// Longest head that is read, in bytes: room for the ids of 10,000 children.
    private static let headLimit = 1 << 20

    /// Reads an object.
    /// - Parameter id: what it must hash to.
    /// - Throws: `TaskRefusal` where it does not, or where the bytes are no object.
    package init(decoding encoded: Data, id: String) throws(TaskRefusal) {
        let found = Self.id(of: encoded)
        guard found == id else { throw .corruptObject(id: id, found: found) }
        func failure(_ reason: String) -> TaskRefusal { .unreadableObject(id: id, reason: reason) }
        guard let end = encoded.prefix(Self.headLimit).firstIndex(of: 0) else {
            throw failure("its head has no end")
        }
        let head = String(decoding: encoded[encoded.startIndex..<end], as: UTF8.self)
        let parts = head.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw failure("its head has \(parts.count) parts, not 3") }
        guard let kind = Kind(rawValue: String(parts[0])) else {
            throw failure("its type “\(parts[0].prefix(40))” is not known")
        }
        let body = encoded[(end + 1)...]
        guard Int(parts[2]) == body.count else {
            throw failure("its head promises \(parts[2].prefix(20)) bytes, and \(body.count) came")
        }
        self.init(kind, children: parts[1].split(separator: ",").map(String.init), body: body)
    }
}
