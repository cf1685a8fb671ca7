import Foundation
import Parameters
import SwiftProtobuf

/// A request with its content read and checked.
struct TaskRequest: Sendable {
    /// What is asked for.
    enum Kind: String, Sendable {
        case train, evaluate
    }

    let kind: Kind
    let model: ModelArrays
    let settings: TaskSettings

    /// The two types of messages that the strategies of Flower send; an app may send others, of which no
    /// node of this kind knows the meaning.
    static func kind(of messageType: String) throws(TaskRefusal) -> Kind {
        guard let kind = Kind(rawValue: messageType) else { throw .unknownType(messageType) }
        return kind
    }

    /// Reads the content of the message object `root`.
    init(
        _ kind: Kind, root: String, objects: [String: FlowerObject], layout: ParameterLayout
    ) throws(TaskRefusal) {
        func object(_ id: String) throws(TaskRefusal) -> FlowerObject {
            guard let object = objects[id] else { throw .missingObject(id: id) }
            return object
        }
        let message = try object(root)
        guard message.kind == .message, let content = message.children.first else {
            throw .wrongContent("the message has no content")
        }
        let records = try object(content)
        guard records.kind == .records, let names = ObjectNames.decode(records.body) else {
            throw .wrongContent("the list of the message's records is damaged")
        }
        var arrays: [(name: String, record: FlowerObject)] = []
        var settings = TaskSettings()
        for (name, id) in names {
            let record = try object(id)
            switch record.kind {
            case .arrays: arrays.append((name, record))
            case .settings:
                guard let wire = try? WireSettings(serializedBytes: record.body) else {
                    throw .wrongContent("the config record “\(name.prefix(100))” is damaged")
                }
                settings = try TaskSettings(wire)
            case .metrics: break
            default: throw .wrongContent("“\(name.prefix(100))” of the message is no record")
            }
        }
        guard arrays.count == 1 else {
            throw .wrongContent("expected one record of arrays, and \(arrays.count) came")
        }
        self.kind = kind
        self.settings = settings
        model = try ModelArrays(
            recordName: arrays[0].name, arrays[0].record, layout: layout, from: objects)
    }
}
