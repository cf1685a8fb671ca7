import Foundation
import HTTPCalls
import Platform

/// One node's way through a federation.
struct NodeSession {
    let connection: FleetConnection
    let configuration: FlowerNodeConfiguration
    let trainee: any FlowerTrainee
    let report: @Sendable (NodeEvent) -> Void
    private let patience: Patience
    private let work: NodeWork

    let place = NodePlace()
    /// Whether the node made itself known, and is to be forgotten when it goes: not with a key that is
    /// kept, because a SuperLink never takes a key again once it has forgotten its node.
    private(set) var isForgotten = false

    /// Times in a row that a SuperLink may forget a node before the node believes that it is not wanted.
    private static let entryLimit = 3
    /// Seconds in which a message's objects must all have come to the SuperLink.
    private static let objectSeconds = 60.0

    init(
        connection: FleetConnection, configuration: FlowerNodeConfiguration,
        trainee: any FlowerTrainee, report: @escaping @Sendable (NodeEvent) -> Void
    ) {
        self.connection = connection
        self.configuration = configuration
        self.trainee = trainee
        self.report = report
        let address = configuration.address
        patience = Patience(
            limitSeconds: configuration.retrySeconds,
            away: { report(.away(reason: $0)) }, back: { report(.back(seconds: $0)) },
            gaveUp: { FlowerNodeError.gaveUp(address, seconds: $0, reason: $1) })
        work = NodeWork(layout: trainee.layout)
    }

    /// Asks for work and does it, until the task is cancelled or the SuperLink is lost.
    mutating func run() async throws {
        try await enter()
        let beating = Task { [self] in await beat() }
        defer { beating.cancel() }
        var entries = 0
        while true {
            do {
                try await step()
                entries = 0
            } catch CallError.unknownNode(let reason) {
                // A SuperLink that was started again has forgotten its nodes.
                entries += 1
                guard entries <= Self.entryLimit else { throw notWanted(reason) }
                try await enter()
            }
        }
    }

    // MARK: Taking part

    private func notWanted(_ reason: String) -> FlowerNodeError {
        .refused(configuration.address, reason: reason)
    }

    /// Makes the node known and takes its place.
    ///
    /// A key that is kept may be known already: from a process that was killed, or registered by hand.
    private mutating func enter() async throws {
        let connection = connection
        let seconds = configuration.heartbeatSeconds
        var objection: String?
        do {
            try await patience.answer { () async throws(CallError) in
                try await connection.register()
            }
            isForgotten = !configuration.identity.isKept
        } catch CallError.refused(let reason, let code) {
            // A new key is in use where the answer to its registration was lost.
            let isKept = configuration.identity.isKept
            guard isKept || code == CallError.keyInUse else { throw notWanted(reason) }
            objection = reason
            isForgotten = !isKept
        } catch CallError.unknownNode(let reason) {
            throw notWanted("\(reason); is this machine's clock right?")
        }
        let start = MonotonicClock.seconds()
        var isWaiting = false
        while true {
            do {
                let node = try await patience.answer { () async throws(CallError) in
                    try await connection.activate(heartbeatSeconds: seconds)
                }
                if isWaiting {
                    // The task of the process that was killed is lost. A SuperLink says so to a
                    // ServerApp that asks for replies while the node is away, and never again.
                    try? await connection.leave(node, unregistering: false)
                    isWaiting = false
                    try await Task.sleep(for: .seconds(configuration.absenceSeconds))
                    continue
                }
                place.node = node
                return report(.joined(node: node))
            } catch CallError.refused(let reason, let code) {
                // A node that was killed counts as online until a sign of life is overdue, and one that
                // is online cannot take its place again.
                let waited = MonotonicClock.seconds() - start
                guard objection != nil, code == CallError.activationFailed,
                    waited < min(configuration.retrySeconds, 2 * seconds + 5)
                else { throw notWanted(objection ?? reason) }
                if !isWaiting { report(.waiting(reason: reason)) }
                isWaiting = true
                try await Task.sleep(for: .seconds(configuration.pollSeconds))
            } catch CallError.unknownNode(let reason) {
                throw notWanted(objection ?? reason)
            }
        }
    }

    /// Signs of life until it is cancelled; one that is lost is made up for by the next.
    private func beat() async {
        let seconds = configuration.heartbeatSeconds
        while !Task.isCancelled {
            // The usual part of the interval, so that a late one is no missed one.
            try? await Task.sleep(for: .seconds(seconds * 0.8))
            guard !Task.isCancelled, let node = place.node else { continue }
            _ = try? await connection.heartbeat(node, seconds: seconds)
        }
    }

    // MARK: Work

    /// One request, if there is one.
    private func step() async throws {
        guard let node = place.node else { preconditionFailure("the node has no place") }
        let connection = connection
        do {
            let pulled = try await patience.answer { () async throws(CallError) in
                try await connection.pull(node)
            }
            guard let (message, tree) = pulled else {
                return try await Task.sleep(for: .seconds(configuration.pollSeconds))
            }
            let start = MonotonicClock.seconds()
            let outcome = try await serve(message.metadata, tree, node)
            let seconds = MonotonicClock.seconds() - start
            let reply = try await work.reply(outcome, to: message.metadata, node: node)
            if try await deliver(reply, node, seconds: seconds) { tell(outcome, seconds: seconds) }
        } catch CallError.refused(let reason, _) {
            // Most of all a run that is over.
            report(.dropped(reason: reason))
            try await Task.sleep(for: .seconds(configuration.pollSeconds))
        }
    }

    private func serve(
        _ metadata: WireMetadata, _ tree: WireTree, _ node: UInt64
    ) async throws -> TaskOutcome {
        do {
            let kind = try TaskRequest.kind(of: metadata.messageType)
            let bytes = try await fetch(tree, run: metadata.runID, node)
            await confirm(metadata, node)
            let request = try await work.request(kind, root: tree.objectID, bytes: bytes)
            report(.began(task: kind.rawValue, settings: request.settings))
            return try await perform(request)
        } catch let refusal as TaskRefusal {
            await confirm(metadata, node)
            return .refused(refusal)
        }
    }

    /// Lets the SuperLink forget the request; it does so by itself when the run is over.
    private func confirm(_ metadata: WireMetadata, _ node: UInt64) async {
        try? await connection.confirm(metadata.messageID, run: metadata.runID, node: node)
    }

    /// The bytes of all objects of a message.
    private func fetch(
        _ tree: WireTree, run: UInt64, _ node: UInt64
    ) async throws -> [String: Data] {
        guard let ids = tree.ids else { throw TaskRefusal.tooManyObjects }
        let connection = connection
        let deadline = MonotonicClock.seconds() + Self.objectSeconds
        var objects: [String: Data] = [:]
        var byteCount = 0
        for id in ids {
            while objects[id] == nil {
                let answer = try await patience.answer { () async throws(CallError) in
                    try await connection.pullObject(id, run: run, node: node)
                }
                switch answer {
                case .bytes(let bytes):
                    objects[id] = bytes
                    byteCount += bytes.count
                case .notYet where MonotonicClock.seconds() < deadline:
                    try await Task.sleep(for: .milliseconds(200))
                case .notYet, .unknown: throw TaskRefusal.missingObject(id: id)
                }
            }
            guard byteCount <= work.byteLimit else {
                throw TaskRefusal.tooManyBytes(limit: work.byteLimit)
            }
        }
        return objects
    }

    /// Trains or evaluates.
    private func perform(_ request: TaskRequest) async throws -> TaskOutcome {
        let model = request.model.parameters
        do {
            switch request.kind {
            case .train:
                let task = try await trainee.train(from: model, settings: request.settings)
                guard task.loss.isFinite, task.parameters.inspect().firstNonFinite == nil else {
                    return .refused(.failed("the trained model or its loss is no finite number"))
                }
                return .trained(task, request)
            case .evaluate:
                let task = try await trainee.evaluate(model, settings: request.settings)
                guard task.loss.isFinite else {
                    return .refused(.failed("the model's loss is no finite number"))
                }
                return .evaluated(task, request)
            }
        } catch {
            try Task.checkCancellation()
            return .refused(.failed("\(error)"))
        }
    }

    // MARK: Reply

    /// Sends a reply and those of its objects that the SuperLink has not; false where it has no use
    /// for them any more.
    private func deliver(
        _ reply: TaskReply, _ node: UInt64, seconds: Double
    ) async throws -> Bool {
        let connection = connection
        let metadata = reply.message.metadata
        guard metadata.secondsToLive > 0 else {
            report(.dropped(reason: "the request's time was over before there was a reply"))
            return false
        }
        let answer = try await patience.answer { () async throws(CallError) in
            try await connection.push(reply, node: node, seconds: seconds)
        }
        for id in answer.wantedObjects {
            guard let bytes = reply.objects[id] else { continue }
            let isStored = try await patience.answer { () async throws(CallError) in
                try await connection.pushObject(
                    id, bytes, run: metadata.runID, session: answer.session, node: node)
            }
            guard isStored else {
                report(.dropped(reason: "the SuperLink no longer waits for this reply"))
                return false
            }
        }
        return true
    }

    private func tell(_ outcome: TaskOutcome, seconds: Double) {
        switch outcome {
        case .trained(let task, let request):
            report(.trained(task, settings: request.settings, seconds: seconds))
        case .evaluated(let task, let request):
            report(.evaluated(task, settings: request.settings, seconds: seconds))
        case .refused(let refusal): report(.refused(reason: refusal.description))
        }
    }
}
