import FlowerNode
import Foundation
import Glibc
import Parameters
import SwiftProtobuf
import Synchronization

/// A SuperLink in this process: the Fleet API on loopback, with the checks and refusals of Flower 1.41.
final class FakeSuperLink: Sendable {
    /// A node that has registered.
    struct Node: Sendable {
        var id: UInt64
        var isOnline = false
        var isForgotten = false
    }

    struct State: Sendable {
        /// By public key.
        var nodes: [Data: Node] = [:]
        var calls: [String] = []
        var waiting: [(WireEnvelope, WireTree)] = []
        /// What is to be pulled, by id.
        var objects: [String: Data] = [:]
        var replies: [WireEnvelope] = []
        var replyTrees: [WireTree] = []
        /// What has been pushed, by id.
        var pushed: [String: Data] = [:]
        var confirmed: [String] = []
        /// A status in place of an answer, by call, so many times.
        var failures: [String: (status: Int, code: Int, times: Int)] = [:]
        /// What it says then, as it stands in JSON.
        var detail = "As told."
    }

    let port: Int
    private let listener: Int32
    private let state = Mutex(State())
    /// Whether nodes can only be registered by hand.
    private let isClosed: Bool

    init(isClosed: Bool = false) throws {
        self.isClosed = isClosed
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, $0, &size) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0, let self else { return }
                Thread.detachNewThread { self.serve(connection) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    var address: SuperLinkAddress {
        get throws { try SuperLinkAddress("http://127.0.0.1:\(port)") }
    }

    /// Looks at the state, or changes it.
    func look<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        state.withLock { state in body(&state) }
    }

    /// Waits for something to be so.
    /// - Throws: `Late` where it is not after two minutes.
    func until(_ isSo: @Sendable (State) -> Bool) async throws {
        for _ in 0..<12_000 {
            if state.withLock({ isSo($0) }) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Late(calls: look { $0.calls })
    }

    /// What was waited for has not come; what the node has called until then.
    struct Late: Error { var calls: [String] }

    // MARK: Requests to nodes

    /// Lays a request ready; nil for `model` leaves the arrays out.
    @discardableResult
    func ask(
        _ type: String, _ model: ParameterVector?, layout: ParameterLayout, names: [String],
        settings: [(String, WireSetting.OneOf_Value)] = [], secondsToLive: Double = 60,
        spoiling: (inout [String: Data]) -> Void = { _ in }
    ) throws -> String {
        var bundle = ObjectBundle()
        var records: [(name: String, id: String)] = []
        if let model {
            let id = try ModelArrays.add(model, names: names, layout: layout, to: &bundle)
            records.append(("arrays", id))
        }
        var config = WireSettings()
        config.items = settings.map { setting in
            var item = WireSettings.Item()
            item.name = setting.0
            item.value.value = setting.1
            return item
        }
        let body: Data = try config.serializedBytes()
        records.append(("config", bundle.add(.settings, body: body)))
        let content = bundle.add(
            .records, children: records.map(\.id), body: ObjectNames.encode(records))
        var message = WireEnvelope()
        message.metadata.runID = 7
        message.metadata.sourceNode = 1
        message.metadata.group = "group"
        message.metadata.messageType = type
        message.metadata.secondsToLive = secondsToLive
        message.metadata.created = Date().timeIntervalSince1970
        message.metadata.sourceTask = 11
        message.metadata.targetTask = 12
        let bytes: Data = try message.serializedBytes()
        let id = bundle.add(.message, children: [content], body: bytes)
        message.metadata.messageID = id
        message.content = WireContentMark()
        guard let tree = bundle.tree(id) else { preconditionFailure("no tree") }
        var objects = bundle.encoded
        spoiling(&objects)
        let (ready, laid) = (message, objects)
        look { state in
            state.objects.merge(laid) { $1 }
            state.waiting.append((ready, tree))
        }
        return id
    }

    /// The objects of a reply, read as a node reads those of a request.
    func objects(of reply: WireEnvelope) throws -> [String: FlowerObject] {
        var objects: [String: FlowerObject] = [:]
        for (id, bytes) in look({ $0.pushed }) {
            objects[id] = try FlowerObject(decoding: bytes, id: id)
        }
        return objects
    }

    // MARK: HTTP

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var buffer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        func fill() -> Bool {
            let count = recv(connection, &piece, piece.count, 0)
            guard count > 0 else { return false }
            buffer += piece.prefix(count)
            return true
        }
        while true {
            var end: Int?
            while true {
                end = buffer.indices.first { place in
                    buffer[place...].starts(with: [13, 10, 13, 10])
                }
                if end != nil { break }
                guard fill() else { return }
            }
            guard let end else { return }
            let lines = String(decoding: buffer[..<end], as: UTF8.self).split(separator: "\r\n")
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2 else { continue }
                headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
            }
            let length = Int(headers["content-length"] ?? "0") ?? 0
            while buffer.count < end + 4 + length { guard fill() else { return } }
            let body = Data(buffer[(end + 4)..<(end + 4 + length)])
            buffer.removeFirst(end + 4 + length)
            let path = lines[0].split(separator: " ").dropFirst().first.map(String.init) ?? ""
            let (status, answer) = respond(path, headers, body)
            let head =
                "HTTP/1.1 \(status) Status\r\nContent-Type: application/protobuf\r\n"
                + "Content-Length: \(answer.count)\r\n\r\n"
            var rest = (Array(head.utf8) + Array(answer))[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }

    private struct Refusal: Error {
        var status: Int
        var code: Int?
        var detail: String
    }

    private func respond(
        _ path: String, _ headers: [String: String], _ body: Data
    ) -> (status: Int, body: Data) {
        do {
            let call = path.split(separator: "/").last.map(String.init) ?? ""
            return (200, try answer(call, headers, body))
        } catch let refusal as Refusal {
            let code = refusal.code.map { "\"code\": \($0), " } ?? ""
            return (refusal.status, Data("{\(code)\"detail\": \"\(refusal.detail)\"}".utf8))
        } catch {
            return (400, Data("\(error)".utf8))
        }
    }

    /// The public key of whoever signed a call.
    private func signer(_ headers: [String: String]) throws -> Data {
        guard let key = headers["flwr-public-key"].flatMap({ Data(base64Encoded: $0) }),
            let signature = headers["flwr-signature"].flatMap({ Data(base64Encoded: $0) }),
            let timestamp = headers["flwr-timestamp"],
            isSignature(Array(signature), of: Array(timestamp.utf8), by: Array(key))
        else { throw Refusal(status: 401, detail: "Invalid SuperNode authentication") }
        return key
    }

    private func answer(
        _ call: String, _ headers: [String: String], _ body: Data
    ) throws -> Data {
        let key = try signer(headers)
        let isClosed = isClosed
        return try state.withLock { (state: inout State) throws -> Data in
            state.calls.append(call)
            if let failure = state.failures[call], failure.times > 0 {
                state.failures[call]?.times -= 1
                throw Refusal(status: failure.status, code: failure.code, detail: state.detail)
            }
            func known(_ node: UInt64) throws {
                guard let one = state.nodes[key], one.id == node, !one.isForgotten else {
                    throw Refusal(status: 401, detail: "Invalid SuperNode authentication")
                }
            }
            switch call {
            case "register-node":
                if isClosed {
                    throw Refusal(
                        status: 412, code: 2001, detail: "SuperNode authentication is enabled.")
                }
                if state.nodes[key] != nil {
                    throw Refusal(status: 412, code: 23, detail: "Public key already in use.")
                }
                var answer = WireNodeAnswer()
                answer.nodeID = UInt64(1000 + state.nodes.count)
                state.nodes[key] = Node(id: answer.nodeID)
                return try answer.serializedBytes()
            case "activate-node":
                guard let node = state.nodes[key], !node.isForgotten, !node.isOnline else {
                    throw Refusal(
                        status: 412, code: 2004, detail: "Failed to activate SuperNode.")
                }
                state.nodes[key]?.isOnline = true
                var answer = WireNodeAnswer()
                answer.nodeID = node.id
                return try answer.serializedBytes()
            case "deactivate-node":
                try known(try WireLeaveRequest(serializedBytes: body).nodeID)
                state.nodes[key]?.isOnline = false
                return Data()
            case "unregister-node":
                try known(try WireLeaveRequest(serializedBytes: body).nodeID)
                state.nodes[key]?.isForgotten = true
                return Data()
            case "pull-messages":
                try known(try WirePullRequest(serializedBytes: body).node.nodeID)
                var answer = WirePullAnswer()
                if !state.waiting.isEmpty {
                    let (message, tree) = state.waiting.removeFirst()
                    answer.messages = [message]
                    answer.trees = [tree]
                }
                return try answer.serializedBytes()
            case "pull-object":
                let request = try WirePullObjectRequest(serializedBytes: body)
                try known(request.node.nodeID)
                var answer = WirePullObjectAnswer()
                if let bytes = state.objects[request.objectID] {
                    answer.isFound = true
                    answer.isAvailable = true
                    answer.content = bytes
                }
                return try answer.serializedBytes()
            case "confirm-message-received":
                let request = try WireReceiptRequest(serializedBytes: body)
                try known(request.node.nodeID)
                state.confirmed.append(request.messageID)
                return Data()
            case "push-messages":
                let request = try WirePushRequest(serializedBytes: body)
                try known(request.node.nodeID)
                state.replies += request.messages
                state.replyTrees += request.trees
                var answer = WirePushAnswer()
                answer.wantedObjects = request.trees.first?.ids ?? []
                answer.session = "session"
                return try answer.serializedBytes()
            case "push-object":
                let request = try WirePushObjectRequest(serializedBytes: body)
                try known(request.node.nodeID)
                state.pushed[request.objectID] = request.content
                var answer = WirePushObjectAnswer()
                answer.isStored = true
                return try answer.serializedBytes()
            case "send-node-heartbeat":
                try known(try WireHeartbeatRequest(serializedBytes: body).node.nodeID)
                var answer = WireHeartbeatAnswer()
                answer.isKnown = true
                return try answer.serializedBytes()
            default: throw Refusal(status: 404, detail: "Not Found")
            }
        }
    }
}
