import FlowerNode
import Foundation
import Parameters
import Platform
import Synchronization
import Testing

/// Adds 1 to a model, or what it is told by the learning rate.
struct Adding: FlowerTrainee {
    static let layout = ParameterLayout([("dense1/kernel", [2, 3]), ("dense1/bias", [3])])
    static let names = ["z", "a"]

    struct Weary: Error, CustomStringConvertible { var description: String { "too tired" } }

    var layout: ParameterLayout { Self.layout }
    var isWeary = false

    func train(from model: ParameterVector, settings: TaskSettings) async throws -> TrainedTask {
        if isWeary { throw Weary() }
        let step = settings.learningRate ?? 1
        let values = model.array(in: 0..<layout.count).map { $0 + step }
        return TrainedTask(parameters: ParameterVector(values), sampleCount: 5, loss: 0.25)
    }

    func evaluate(_ model: ParameterVector, settings: TaskSettings) async throws -> EvaluatedTask {
        EvaluatedTask(sampleCount: 10, loss: 0.5, accuracy: 0.75)
    }
}

@Suite("A node and its SuperLink", .serialized)
struct NodeSessionTests {
    static let model = ParameterVector((0..<9).map(Float.init))

    final class Events: Sendable {
        private let list = Mutex<[String]>([])
        var all: [String] { list.withLock { $0 } }

        /// Waits, at most two minutes, until the events are such. A node tells of a reply after the SuperLink
        /// has it, so that a test which looks at both waits for both.
        func until(_ isSo: ([String]) -> Bool) async throws {
            for _ in 0..<12_000 where !isSo(all) {
                try await Task.sleep(for: .milliseconds(10))
            }
        }

        func end(with event: String) async throws {
            try await until { $0.last == event }
        }

        func add(_ event: NodeEvent) {
            let text =
                switch event {
                case .joined: "joined"
                case .waiting: "waiting"
                case .away: "away"
                case .back: "back"
                case .began(let task, _): "began \(task)"
                case .trained: "trained"
                case .evaluated: "evaluated"
                case .refused(let reason): "refused: \(reason)"
                case .dropped: "dropped"
                }
            list.withLock { $0.append(text) }
        }
    }

    /// Runs a node while `body` looks on, and then stops it.
    private func withNode(
        _ link: FakeSuperLink, identity: NodeIdentity = NodeIdentity(),
        trainee: Adding = Adding(), events: Events = Events(),
        _ body: () async throws -> Void
    ) async throws {
        var configuration = FlowerNodeConfiguration(
            address: try link.address, identity: identity, retrySeconds: 20, pollSeconds: 0.02)
        configuration.heartbeatSeconds = 10
        configuration.absenceSeconds = 0.05
        let node = FlowerNode(configuration, trainee: trainee) { events.add($0) }
        let task = Task { try await node.run() }
        do {
            try await body()
        } catch {
            task.cancel()
            _ = await task.result
            throw error
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("A train is answered by the trained model under the request's names, and a metric record")
    func training() async throws {
        let link = try FakeSuperLink()
        let id = try link.ask(
            "train", Self.model, layout: Adding.layout, names: Adding.names,
            settings: [("server-round", .signed(3)), ("lr", .double(0.5))])
        try await withNode(link) {
            try await link.until { $0.replies.count == 1 && $0.pushed.count == 8 }
        }
        let reply = try #require(link.look { $0.replies }.first)
        let node = try #require(link.look { $0.nodes.values.first })
        #expect(reply.metadata.repliedMessage == id)
        #expect(reply.metadata.sourceNode == node.id)
        #expect(reply.metadata.targetNode == 1)
        #expect(reply.metadata.runID == 7)
        #expect(reply.metadata.group == "group")
        #expect(reply.metadata.messageType == "train")
        #expect(reply.metadata.sourceTask == 12)
        #expect(reply.metadata.targetTask == 11)
        #expect(reply.metadata.secondsToLive <= 60)
        #expect(reply.hasContent && !reply.hasFailure)
        #expect(link.look { $0.confirmed } == [id])

        let objects = try link.objects(of: reply)
        let message = try #require(objects[reply.metadata.messageID])
        let records = try #require(objects[message.children[0]])
        let names = try #require(ObjectNames.decode(records.body))
        #expect(names.map(\.name) == ["arrays", "metrics"])
        let arrays = try ModelArrays(
            recordName: "arrays", try #require(objects[names[0].id]), layout: Adding.layout,
            from: objects)
        #expect(arrays.names == Adding.names)
        #expect(arrays.parameters.array(in: 0..<9) == (0..<9).map { Float($0) + 0.5 })
        let metrics = try WireMetrics(serializedBytes: try #require(objects[names[1].id]).body)
        #expect(metrics.items.map(\.name) == ["train_loss", "num-examples"])
        #expect(metrics.items.map(\.value.value) == [.double(0.25), .signed(5)])
    }

    @Test("An evaluate is answered by metrics alone")
    func evaluation() async throws {
        let link = try FakeSuperLink()
        try link.ask("evaluate", Self.model, layout: Adding.layout, names: Adding.names)
        try await withNode(link) {
            try await link.until { $0.replies.count == 1 && $0.pushed.count == 3 }
        }
        let reply = try #require(link.look { $0.replies }.first)
        let objects = try link.objects(of: reply)
        let metrics = try #require(objects.values.first { $0.kind == .metrics })
        let items = try WireMetrics(serializedBytes: metrics.body).items
        #expect(items.map(\.name) == ["eval_loss", "eval_acc", "num-examples"])
        #expect(items.map(\.value.value) == [.double(0.5), .double(0.75), .signed(10)])
    }

    @Test("What cannot be served is answered by an error, and the node serves what comes next")
    func refusals() async throws {
        let link = try FakeSuperLink()
        let other = ParameterLayout([("dense1/kernel", [3, 2]), ("dense1/bias", [3])])
        let few = ParameterLayout([("dense1/kernel", [9])])
        var bad = (0..<9).map(Float.init)
        bad[7] = .nan
        func ask(
            _ type: String = "train", _ model: ParameterVector? = Self.model,
            layout: ParameterLayout = Adding.layout, names: [String] = Adding.names,
            settings: [(String, WireSetting.OneOf_Value)] = [],
            spoiling: (inout [String: Data]) -> Void = { _ in }
        ) throws {
            try link.ask(
                type, model, layout: layout, names: names, settings: settings, spoiling: spoiling)
        }
        try ask("query")
        try ask("train", nil)
        try ask(layout: other)
        try ask(layout: few, names: ["w"])
        try ask("train", ParameterVector(bad))
        try ask(settings: [("lr", .double(-1))])
        try ask(settings: [("batch-size", .text("many"))])
        // What has other contents has other ids.
        try ask(
            "train", ParameterVector((1..<10).map(Float.init)),
            spoiling: { objects in
                for (id, bytes) in objects where bytes.starts(with: Array("ArrayChunk".utf8)) {
                    objects[id] = bytes + [0]
                }
            })
        try ask()
        let events = Events()
        try await withNode(link, events: events) {
            try await link.until { $0.replies.count == 9 }
            try await events.end(with: "trained")
        }
        let reasons = link.look { $0.replies }.map(\.failure.reason)
        let expected = [
            "this node serves “train” and “evaluate”, not “query”",
            "expected one record of arrays, and 0 came",
            "array “z” has the shape [3, 2]: this node's dense1/kernel has [2, 3]",
            "the record has 1 arrays: this node's model has 2",
            "array “a” is no finite number at position 1",
            "“lr” of the config record must be above 0 and finite, not -1.0",
            "“batch-size” of the config record is no number",
        ]
        for (reason, sentence) in zip(reasons, expected) { #expect(reason == sentence) }
        #expect(reasons[7].contains("is corrupt: its SHA-256 is"))
        #expect(reasons[8] == "")
        let hasContent = link.look { $0.replies }.map { $0.hasContent }
        #expect(hasContent == [Bool](repeating: false, count: 8) + [true])
        #expect(events.all.last == "trained")
    }

    @Test("A trainee that throws is an error reply with its reason")
    func weary() async throws {
        let link = try FakeSuperLink()
        try link.ask("train", Self.model, layout: Adding.layout, names: Adding.names)
        try await withNode(link, trainee: Adding(isWeary: true)) {
            try await link.until { $0.replies.count == 1 }
        }
        #expect(link.look { $0.replies }.map(\.failure.reason) == ["too tired"])
    }

    @Test("A node with a new key unregisters as it goes; one with a kept key comes back as itself")
    func leaving() async throws {
        let link = try FakeSuperLink()
        try await withNode(link) { try await link.until { $0.calls.last == "pull-messages" } }
        #expect(link.look { $0.calls }.suffix(2) == ["deactivate-node", "unregister-node"])

        let folder = FileManager.default.temporaryDirectory.appending(
            path: "flower-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "key").path
        for _ in 0..<2 {
            let identity = try NodeIdentity(keyFile: file)
            try await withNode(link, identity: identity) {
                try await link.until { $0.calls.last == "pull-messages" }
            }
            #expect(link.look { $0.calls }.last == "deactivate-node")
        }
        #expect(link.look { $0.nodes.count } == 2)
    }

    @Test("A killed node with a kept key waits until the SuperLink takes it for gone")
    func killed() async throws {
        let link = try FakeSuperLink()
        let identity = NodeIdentity(.init(), isKept: true)
        link.look { $0.nodes[identity.publicKey] = .init(id: 5, isOnline: true) }
        let events = Events()
        try await withNode(link, identity: identity, events: events) {
            try await link.until { $0.calls.count { $0 == "activate-node" } > 2 }
            link.look { $0.nodes[identity.publicKey]?.isOnline = false }
            try await link.until { $0.calls.contains("pull-messages") }
        }
        #expect(events.all.prefix(2) == ["waiting", "joined"])
        // Away once more, so that the lost task is noticed.
        let calls = link.look { $0.calls }.prefix { $0 != "pull-messages" }
        #expect(calls.suffix(3) == ["activate-node", "deactivate-node", "activate-node"])
    }

    @Test("A SuperLink that stumbles is said once to be away and once to be back")
    func away() async throws {
        let link = try FakeSuperLink()
        link.look { $0.failures["pull-messages"] = (status: 503, code: 1, times: 3) }
        try link.ask("evaluate", Self.model, layout: Adding.layout, names: Adding.names)
        let events = Events()
        try await withNode(link, events: events) {
            try await events.end(with: "evaluated")
            try await link.until { $0.pushed.count == 3 }
        }
        #expect(events.all == ["joined", "away", "back", "began evaluate", "evaluated"])
    }

    @Test("A SuperLink that has forgotten its nodes is joined again")
    func forgotten() async throws {
        let link = try FakeSuperLink()
        let events = Events()
        try await withNode(link, events: events) {
            try await link.until { $0.calls.contains("pull-messages") }
            link.look { $0.nodes = [:] }
            try await link.until { $0.calls.count { $0 == "activate-node" } == 2 }
            try await link.until { $0.calls.last == "pull-messages" }
        }
        #expect(events.all == ["joined", "joined"])
    }

    @Test("A run that is over costs its reply and no more")
    func runIsOver() async throws {
        let link = try FakeSuperLink()
        link.look { $0.failures["push-messages"] = (status: 403, code: 2007, times: 1) }
        for _ in 0..<2 {
            try link.ask("evaluate", Self.model, layout: Adding.layout, names: Adding.names)
        }
        let events = Events()
        try await withNode(link, events: events) {
            try await link.until { $0.pushed.count == 3 }
            try await events.end(with: "evaluated")
        }
        #expect(
            events.all
                == ["joined", "began evaluate", "dropped", "began evaluate", "evaluated"])
    }

    @Test("Words and names of a SuperLink reach nobody with anything in them that cannot be seen")
    func printable() async throws {
        let closed = try FakeSuperLink()
        closed.look { state in
            state.failures["register-node"] = (status: 412, code: 1, times: 1)
            state.detail = "no\\u001b]0;owned\\u0007\\u202e\\n"
        }
        let address = try closed.address
        let node = FlowerNode(
            FlowerNodeConfiguration(address: address), trainee: Adding(), report: { _ in })
        await #expect(
            throws: FlowerNodeError.refused(
                address, reason: "no\\u{1b}]0;owned\\u{7}\\u{202e}\\u{a} (412)")
        ) { try await node.run() }

        let link = try FakeSuperLink()
        let name = "a\u{1B}[2J\u{9B}1m\u{2066}\r\n"
        try link.ask(name, Self.model, layout: Adding.layout, names: Adding.names)
        try link.ask(
            "train", Self.model, layout: Adding.layout, names: Adding.names,
            settings: [("lr", .text(name))])
        try link.ask(
            "train", ParameterVector([.nan] + (1..<9).map(Float.init)), layout: Adding.layout,
            names: Adding.names.map { $0 + name })
        let events = Events()
        try await withNode(link, events: events) {
            try await link.until { $0.replies.count == 3 }
            try await events.until { $0.count { $0.hasPrefix("refused") } == 3 }
        }
        let refusals = events.all.filter { $0.hasPrefix("refused") }
        #expect(refusals.count == 3)
        for text in events.all + link.look({ $0.replies.map(\.failure.reason) }) {
            #expect(text.isPrintable, "\(text)")
        }
        #expect(refusals.contains { $0.contains("a\\u{1b}[2J\\u{9b}1m") })
    }

    @Test("A SuperLink that registers by hand refuses a new key in its own words")
    func closed() async throws {
        let link = try FakeSuperLink(isClosed: true)
        let address = try link.address
        let node = FlowerNode(
            FlowerNodeConfiguration(address: address), trainee: Adding(), report: { _ in })
        await #expect(
            throws: FlowerNodeError.refused(
                address, reason: "SuperNode authentication is enabled. (412)")
        ) { try await node.run() }
    }
}
