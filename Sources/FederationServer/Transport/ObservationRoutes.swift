import FederationWire
import HTTPTypes
import Hummingbird
import NIOCore
import RunPage

/// What people and their tools look at: no route here changes anything.
struct ObservationRoutes: Sendable {
    let coordinator: Coordinator
    let identity: Identity
    let counters: Counters
    let connections: ConnectionTable
    let feed: StateFeed
    /// Places in memory for uploads of both APIs.
    let slots: [UploadSlots]
    /// Whether there is a live page.
    let showsPage: Bool

    func add(to router: Router<FederationContext>) {
        router.add(.health) { _, _ in .text("ok\n") }
        router.add(.metrics) { request, _ in
            try identity.checkReader(request.headers)
            return .bytes(
                ByteBuffer(string: await metrics()), "text/plain; version=0.0.4; charset=utf-8")
        }
        guard showsPage else { return }
        let page = ByteBuffer(bytes: LivePage.bytes)
        router.add(.page) { request, _ in
            try identity.checkReader(request.headers)
            return .bytes(page, "text/html; charset=utf-8", LivePage.headers)
        }
        router.add(.state) { request, _ in
            try identity.checkReader(request.headers)
            return .bytes(
                ByteBuffer(bytes: await coordinator.state.json.encoded()), Route.jsonMediaType,
                [.cacheControl: "no-store"])
        }
        router.add(.events, use: events)
    }

    private func events(_ request: Request, _ context: FederationContext) throws -> Response {
        try identity.checkReader(request.headers)
        guard request.method != .head else { return .eventsHead }
        let (number, changes) = try feed.watch(on: connections[context.channel])
        return .events(of: feed, number, changes) { await event() }
    }

    /// The state as a server-sent event.
    func event() async -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: state\ndata: ")
        buffer.writeBytes(await coordinator.state.json.encoded())
        buffer.writeString("\n\n")
        return buffer
    }

    private func metrics() async -> String {
        let gauges = await coordinator.gauges
        let counts = counters.snapshot
        var text = PrometheusText()
        text.add(
            "federated_rounds_committed", .gauge, "Committed rounds of the run.",
            Double(gauges.committedRounds))
        text.add(
            "federated_rounds", .gauge, "Rounds that the run is to have.", Double(gauges.rounds))
        text.add(
            "federated_phase", .gauge, "1 for the phase that the run is in.",
            RunState.Phase.allCases.map {
                ([("phase", $0.rawValue)], $0 == gauges.phase ? 1 : 0)
            })
        text.add(
            "federated_server_accuracy", .gauge, "Accuracy of the committed global model, or R².",
            gauges.accuracy)
        text.add(
            "federated_server_loss", .gauge, "Mean loss of the committed global model.",
            gauges.loss)
        text.add(
            "federated_round_seconds", .gauge, "What the last committed round took.",
            gauges.roundSeconds)
        text.add(
            "federated_clients", .gauge, "Clients by what they do.",
            gauges.clientStates.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                ([("state", $0.key.rawValue)], Double($0.value))
            })
        text.add(
            "federated_client_drops_total", .counter, "Clients that vanished or failed.",
            Double(counts.drops))
        text.add(
            "federated_polls", .gauge, "Questions for the next task that are held.",
            Double(gauges.polls))
        text.add("federated_updates_total", .counter, "Updates taken.", Double(counts.updates))
        text.add(
            "federated_received_bytes_total", .counter, "Bytes of updates received.",
            Double(counts.bytesReceived))
        text.add(
            "federated_sent_bytes_total", .counter, "Bytes of models sent.",
            Double(counts.bytesSent))
        text.add(
            "federated_uploads", .gauge, "Uploads that have a place in memory.",
            Double(slots.reduce(0) { $0 + $1.load.held }))
        text.add(
            "federated_uploads_waiting", .gauge, "Uploads that wait for one.",
            Double(slots.reduce(0) { $0 + $1.load.waiting }))
        text.add("federated_connections", .gauge, "Open connections.", Double(connections.count))
        text.add("federated_watchers", .gauge, "Browsers that watch.", Double(feed.watcherCount))
        text.add(
            "federated_requests_total", .counter, "Answers by route and status.",
            counts.answers.sorted { "\($0.key)" < "\($1.key)" }.map {
                (
                    [
                        ("route", $0.key.route), ("method", $0.key.method),
                        ("status", "\($0.key.status)"),
                    ], Double($0.value)
                )
            })
        text.add(
            "federated_refusals_total", .counter, "Refused requests by code.",
            counts.refusals.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                ([("code", $0.key.rawValue)], Double($0.value))
            })
        text.add(
            "process_resident_memory_bytes", .gauge, "Memory in use.",
            PrometheusText.residentBytes)
        return text.text
    }
}
