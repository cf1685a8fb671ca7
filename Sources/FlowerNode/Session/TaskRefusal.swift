import Platform

/// Why a request gets no result; its sentence is what Flower shows for this node.
package enum TaskRefusal: Error, Hashable, Sendable {
    case unknownType(String)
    case tooManyObjects
    case tooManyBytes(limit: Int)
    case missingObject(id: String)
    case corruptObject(id: String, found: String)
    case unreadableObject(id: String, reason: String)
    /// The content lacks something, or has too much of it.
    case wrongContent(String)
    case wrongArrayCount(found: Int, expected: Int)
    case unreadableArray(name: String, reason: String)
    case wrongShape(name: String, tensor: String, found: [Int], expected: [Int])
    case notFinite(name: String, index: Int)
    case wrongSetting(name: String, reason: String)
    /// Training or evaluation came to nothing.
    case failed(String)

    /// Flower's number for it: 3 where the message could not be had, else 2, an app that raised an
    /// exception.
    var code: Int64 {
        switch self {
        case .missingObject, .corruptObject, .unreadableObject, .tooManyObjects, .tooManyBytes: 3
        default: 2
        }
    }
}

extension TaskRefusal: CustomStringConvertible {
    /// Names in it come from the SuperLink.
    package var description: String { sentence.printable }

    private var sentence: String {
        switch self {
        case .unknownType(let type):
            "this node serves “train” and “evaluate”, not “\(type.prefix(100))”"
        case .tooManyObjects:
            "the message has more than \(WireTree.objectLimit) objects or "
                + "\(WireTree.depthLimit) levels"
        case .tooManyBytes(let limit):
            "the message has more than the \(limit) bytes that this node's model can need"
        case .missingObject(let id): "object \(id.prefix(16))… of the message was not to be had"
        case .corruptObject(let id, let found):
            "object \(id.prefix(16))… of the message is corrupt: its SHA-256 is \(found.prefix(16))…"
        case .unreadableObject(let id, let reason):
            "object \(id.prefix(16))… of the message cannot be read: \(reason)"
        case .wrongContent(let reason): reason
        case .wrongArrayCount(let found, let expected):
            "the record has \(found) arrays: this node's model has \(expected)"
        case .unreadableArray(let name, let reason):
            "array “\(name.prefix(100))” cannot be read: \(reason)"
        case .wrongShape(let name, let tensor, let found, let expected):
            "array “\(name.prefix(100))” has the shape \(found): this node's \(tensor) has "
                + "\(expected)"
        case .notFinite(let name, let index):
            "array “\(name.prefix(100))” is no finite number at position \(index)"
        case .wrongSetting(let name, let reason): "“\(name)” of the config record \(reason)"
        case .failed(let reason): reason
        }
    }
}
