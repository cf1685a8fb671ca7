import Dispatch
import Foundation
import Parameters

/// What a request's bytes mean and what its reply's are: hashing and copying of whole models, on a
/// thread that is not one of Swift's own.
struct NodeWork: Sendable {
    let layout: ParameterLayout
    private let queue = DispatchQueue(label: "flower node")

    init(layout: ParameterLayout) {
        self.layout = layout
    }

    /// Bytes that a message of this model can need.
    var byteLimit: Int { ModelArrays.byteLimit(layout) }

    /// Checks and reads a request.
    /// - Throws: `TaskRefusal`.
    func request(
        _ kind: TaskRequest.Kind, root: String, bytes: [String: Data]
    ) async throws -> TaskRequest {
        try await run { [layout] in
            var objects: [String: FlowerObject] = [:]
            for (id, encoded) in bytes { objects[id] = try FlowerObject(decoding: encoded, id: id) }
            return try TaskRequest(kind, root: root, objects: objects, layout: layout)
        }
    }

    /// Makes the reply to a request.
    func reply(_ outcome: TaskOutcome, to request: WireMetadata, node: UInt64) async throws
        -> TaskReply
    {
        try await run { [layout] in
            let content: Result<TaskReply.Content, TaskRefusal> =
                switch outcome {
                case .trained(let task, let request):
                    .success(try TaskReply.trained(task, of: request.model, layout: layout))
                case .evaluated(let task, _): .success(try TaskReply.evaluated(task))
                case .refused(let refusal): .failure(refusal)
                }
            return try TaskReply(content, to: request, node: node)
        }
    }

    private func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// What came of a request.
enum TaskOutcome: Sendable {
    case trained(TrainedTask, TaskRequest)
    case evaluated(EvaluatedTask, TaskRequest)
    case refused(TaskRefusal)
}
