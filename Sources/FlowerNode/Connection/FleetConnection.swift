import AsyncHTTPClient
import Foundation
import HTTPCalls
import NIOCore
import NIOHTTP1
import Platform
import SwiftProtobuf

/// One attempt at each call of the Fleet API: protobuf over HTTP, signed.
struct FleetConnection: Sendable {
    /// Bytes of an answer: a chunk of an array, or a message's tree.
    private static let answerLimit = 64 << 20
    /// Seconds that a call may take.
    private static let callSeconds: Int64 = 60

    let address: SuperLinkAddress
    let identity: NodeIdentity
    let client: HTTPClient

    /// A client that trusts these authorities, or the system's.
    static func makeClient(certificateFile: String?) throws(FlowerNodeError) -> HTTPClient {
        do {
            return try HTTPClient.forCalls(certificateFile: certificateFile, readSeconds: 60)
        } catch {
            throw .certificateFile(path: certificateFile ?? "", reason: error.reason)
        }
    }

    // MARK: Calls

    /// Makes the node known.
    func register() async throws(CallError) {
        var request = WireRegisterRequest()
        request.publicKey = identity.publicKey
        let _: WireNodeAnswer = try await call("register-node", request)
    }

    /// Says that the node is there, and gets its number.
    func activate(heartbeatSeconds: Double) async throws(CallError) -> UInt64 {
        var request = WireActivateRequest()
        request.publicKey = identity.publicKey
        request.heartbeatSeconds = heartbeatSeconds
        let answer: WireNodeAnswer = try await call("activate-node", request)
        return answer.nodeID
    }

    /// Says that the node is still there; false where the SuperLink does not know it.
    func heartbeat(_ node: UInt64, seconds: Double) async throws(CallError) -> Bool {
        var request = WireHeartbeatRequest()
        request.node.nodeID = node
        request.heartbeatSeconds = seconds
        let answer: WireHeartbeatAnswer = try await call(
            "send-node-heartbeat", request, seconds: 5)
        return answer.isKnown
    }

    /// A request that waits for the node, without its content.
    func pull(_ node: UInt64) async throws(CallError) -> (message: WireEnvelope, tree: WireTree)? {
        var request = WirePullRequest()
        request.node.nodeID = node
        let answer: WirePullAnswer = try await call("pull-messages", request)
        guard let message = answer.messages.first else { return nil }
        guard let tree = answer.trees.first else { throw garbage("a message without its objects") }
        return (message, tree)
    }

    /// What the SuperLink has of an object.
    func pullObject(
        _ id: String, run: UInt64, node: UInt64
    ) async throws(CallError) -> ObjectAnswer {
        var request = WirePullObjectRequest()
        request.node.nodeID = node
        request.runID = run
        request.objectID = id
        let answer: WirePullObjectAnswer = try await call("pull-object", request)
        if !answer.isFound { return .unknown }
        return answer.isAvailable ? .bytes(answer.content) : .notYet
    }

    /// What a SuperLink has of an object.
    enum ObjectAnswer: Sendable {
        case bytes(Data)
        case notYet
        case unknown
    }

    /// Lets the SuperLink forget a message that has come whole.
    func confirm(_ message: String, run: UInt64, node: UInt64) async throws(CallError) {
        var request = WireReceiptRequest()
        request.node.nodeID = node
        request.runID = run
        request.messageID = message
        let _: WireEmptyAnswer = try await call("confirm-message-received", request)
    }

    /// Sends a reply without its content, and gets to know which objects are wanted.
    func push(
        _ reply: TaskReply, node: UInt64, seconds: Double
    ) async throws(CallError) -> WirePushAnswer {
        var request = WirePushRequest()
        request.node.nodeID = node
        request.messages = [reply.message]
        request.trees = [reply.tree]
        request.runtimeSeconds = [seconds]
        return try await call("push-messages", request)
    }

    /// Sends an object; false where the SuperLink no longer wants it.
    func pushObject(
        _ id: String, _ content: Data, run: UInt64, session: String, node: UInt64
    ) async throws(CallError) -> Bool {
        var request = WirePushObjectRequest()
        request.node.nodeID = node
        request.runID = run
        request.objectID = id
        request.content = content
        request.session = session
        let answer: WirePushObjectAnswer = try await call("push-object", request)
        return answer.isStored
    }

    /// Says that the node goes, and, where it made itself known, that it is to be forgotten.
    ///
    /// One that is taken for offline cannot be deactivated, but it can be forgotten.
    func leave(_ node: UInt64, unregistering: Bool) async throws(CallError) {
        var request = WireLeaveRequest()
        request.nodeID = node
        let _: WireEmptyAnswer? = try? await call("deactivate-node", request, seconds: 3)
        guard unregistering else { return }
        let _: WireEmptyAnswer = try await call("unregister-node", request, seconds: 3)
    }

    // MARK: Exchange

    private func call<Answer: SwiftProtobuf.Message>(
        _ name: String, _ message: some SwiftProtobuf.Message, seconds: Int64 = callSeconds
    ) async throws(CallError) -> Answer {
        let type = "application/protobuf"
        var request = HTTPClientRequest(url: "\(address)/v1/fleet/\(name)")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: type)
        request.headers.add(name: "Accept", value: type)
        let response: HTTPClientResponse
        let body: Data
        var sentBytes = 0
        do {
            for (name, value) in try identity.headers() {
                request.headers.add(name: name, value: value)
            }
            let bytes: [UInt8] = try message.serializedBytes()
            sentBytes = bytes.count
            request.body = .bytes(ByteBuffer(bytes: bytes))
            response = try await client.execute(request, timeout: .seconds(seconds))
            let collected = try await response.body.collect(upTo: Self.answerLimit)
            body = collected.withUnsafeReadableBytes { Data($0) }
        } catch {
            if Task.isCancelled || error is CancellationError { throw .cancelled }
            let failure = await CallFailure.explaining(
                error, host: address.host, port: address.port,
                isSecure: address.text.hasPrefix("https://"))
            throw failure.isFinal
                ? .fatal(.cannotTalk(address, reason: failure.reason))
                : .away(reason: failure.reason)
        }
        guard response.status.code == 200 else {
            throw refusal(response.status.code, body, name, sent: sentBytes)
        }
        guard let answer = try? Answer(serializedBytes: body) else {
            throw garbage("its answer to \(name) is no protobuf of that call")
        }
        return answer
    }

    private func garbage(_ reason: String) -> CallError {
        .fatal(.notASuperLink(address, reason: reason))
    }

    /// A SuperLink's reason for an answer other than 200.
    private struct Reason: Decodable {
        var code: Int?
        var detail: String?
    }

    private func refusal(
        _ status: UInt, _ body: Data, _ name: String, sent byteCount: Int
    ) -> CallError {
        let reason = try? JSONDecoder().decode(Reason.self, from: body)
        let words = (reason?.detail).map { "\($0.printable(limit: 300)) (\(status))" }
        if status == 413, words == nil {
            return .fatal(
                .cannotTalk(
                    address,
                    reason:
                        "a proxy before it takes no body of \(byteCount) bytes (413): raise its "
                        + "limit, as nginx's client_max_body_size"))
        }
        switch status {
        case 500..., 429, 408: return .away(reason: words ?? "it answers \(status)")
        case 401: return .unknownNode(reason: words ?? "it answers 401 to \(name)")
        case 404, 405: return garbage("it answers \(status) to /v1/fleet/\(name)")
        default:
            return .refused(
                reason: words ?? "it answers \(status) to \(name)", code: reason?.code)
        }
    }
}
