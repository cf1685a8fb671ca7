import Foundation
import Parameters
import SwiftProtobuf

/// A reply as it is pushed: the message, the tree of its objects, and their bytes.
package struct TaskReply: Sendable {
    /// The message with its id, and a mark in place of its content.
    let message: WireEnvelope
    let tree: WireTree
    /// Bytes by id.
    let objects: [String: Data]

    /// What is in a reply to a `train`.
    static func trained(
        _ task: TrainedTask, of request: ModelArrays, layout: ParameterLayout
    ) throws -> Content {
        var content = Content()
        let arrays = try ModelArrays.add(
            task.parameters, names: request.names, layout: layout, to: &content.bundle)
        content.records.append((request.recordName, arrays))
        try content.addMetrics([
            ("train_loss", .double(task.loss)), ("num-examples", .signed(Int64(task.sampleCount))),
        ])
        return content
    }

    /// What is in a reply to an `evaluate`.
    static func evaluated(_ task: EvaluatedTask) throws -> Content {
        var content = Content()
        try content.addMetrics([
            ("eval_loss", .double(task.loss)), ("eval_acc", .double(task.accuracy)),
            ("num-examples", .signed(Int64(task.sampleCount))),
        ])
        return content
    }

    /// Records, by the names by which a server finds them.
    package struct Content {
        fileprivate(set) var bundle = ObjectBundle()
        package fileprivate(set) var records: [(name: String, id: String)] = []

        package init() {}

        /// Adds the record of numbers, "metrics" as in Flower's own apps: a strategy finds the record of
        /// every node by the name that the first one's has.
        package mutating func addMetrics(
            _ metrics: [(name: String, value: WireMetric.OneOf_Value)]
        ) throws {
            var record = WireMetrics()
            record.items = metrics.map { metric in
                var item = WireMetrics.Item()
                item.name = metric.name
                item.value.value = metric.value
                return item
            }
            let body: Data = try record.serializedBytes()
            records.append(("metrics", bundle.add(.metrics, body: body)))
        }
    }

    /// A reply with that content, or with the reason why there is none.
    /// - Parameters:
    ///   - request: what it answers; its run, group, type and, the other way round, its tasks are the
    ///     reply's. The reply lives no longer than it.
    ///   - created: now, in seconds since 1970.
    init(
        _ result: Result<Content, TaskRefusal>, to request: WireMetadata, node: UInt64,
        created: Double = Date().timeIntervalSince1970
    ) throws {
        var envelope = WireEnvelope()
        envelope.metadata = Self.metadata(replyingTo: request, node: node, created: created)
        var bundle = ObjectBundle()
        var children: [String] = []
        switch result {
        case .success(let content):
            bundle = content.bundle
            children = [
                bundle.add(
                    .records, children: content.records.map(\.id),
                    body: ObjectNames.encode(content.records))
            ]
        case .failure(let refusal):
            envelope.failure.code = refusal.code
            envelope.failure.reason = refusal.description
        }
        let body: Data = try envelope.serializedBytes()
        let id = bundle.add(.message, children: children, body: body)
        envelope.metadata.messageID = id
        if !children.isEmpty { envelope.content = WireContentMark() }
        guard let tree = bundle.tree(id) else { preconditionFailure("an object without a tree") }
        message = envelope
        self.tree = tree
        objects = bundle.encoded
    }

    /// A server's own id among nodes.
    private static let server: UInt64 = 1

    private static func metadata(
        replyingTo request: WireMetadata, node: UInt64, created: Double
    ) -> WireMetadata {
        var metadata = WireMetadata()
        metadata.runID = request.runID
        metadata.sourceNode = node
        metadata.targetNode = server
        metadata.repliedMessage = request.messageID
        metadata.group = request.group
        metadata.messageType = request.messageType
        metadata.created = created
        metadata.secondsToLive = request.created + request.secondsToLive - created
        if request.hasSourceTask { metadata.targetTask = request.sourceTask }
        if request.hasTargetTask { metadata.sourceTask = request.targetTask }
        return metadata
    }
}
