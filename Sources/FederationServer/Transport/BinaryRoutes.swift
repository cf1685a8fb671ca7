import FederationWire
import HTTPTypes
import Hummingbird

/// The API of `federated join`: models as they lie in memory, tasks as soon as there are any.
struct BinaryRoutes: Sendable {
    let coordinator: Coordinator
    let identity: Identity
    let reader: UpdateReader
    let counters: Counters
    let connections: ConnectionTable

    func add(to router: Router<FederationContext>) {
        router.add(.run) { request, _ in
            _ = try identity.holder(request.headers)
            return .message(try await coordinator.settings())
        }
        router.add(.model, use: model)
        router.add(.correction, use: correction)
        router.add(.register) { request, context in
            let (run, client) = try named(request, context)
            let registration = try await reader.message(request, Registration.self)
            try await coordinator.register(run, client, registration)
            // Not before: the connection of one that is refused, and asks again, would stand for that of the
            // client whose place it wants, and keep the place for it.
            await coordinator.attach(client, connections[context.channel])
            return .done
        }
        router.add(.leave) { request, context in
            let (run, client) = try await caller(request, context)
            try await coordinator.leave(run, client)
            return .done
        }
        router.add(.nextTask) { request, context in
            let (run, client) = try await caller(request, context)
            return .message(
                try await coordinator.nextTask(run, client, connections[context.channel]))
        }
        router.add(.heartbeat) { request, context in
            let (run, client) = try await caller(request, context)
            let heartbeat = try await reader.message(request, Heartbeat.self)
            return .message(try await coordinator.heartbeat(run, client, heartbeat))
        }
        router.add(.failure) { request, context in
            let (run, client) = try await caller(request, context)
            let round = try Self.round(context)
            let report = try await reader.message(request, FailureReport.self)
            try await coordinator.fail(run, client, round: round, report)
            return .done
        }
        router.add(.update, use: update)
    }

    private func update(_ request: Request, _ context: FederationContext) async throws
        -> Response
    {
        let (run, client) = try await caller(request, context)
        let round = try Self.round(context)
        let expectation = try await coordinator.admit(run, client, round: round)
        let result = await Attempt.of {
            let update = try await reader.binary(
                request, on: connections[context.channel], expecting: expectation)
            return try await coordinator.take(update, of: run)
        }
        await coordinator.release(client, run: run)
        return .message(try result.get())
    }

    private func model(_ request: Request, _ context: FederationContext) async throws -> Response {
        _ = try identity.holder(request.headers)
        let run = try RunIdentifier(pathSegment: context.segment("run"))
        let publication = try await coordinator.publication(run)
        let tags = Self.tags(publication.tag)
        if Self.isKnown(publication.tag, by: request) {
            return Response(status: .notModified, headers: tags)
        }
        let bytes = await publication.binary()
        await count(bytes, sentTo: connections[context.channel].onlyClient)
        return .bytes(bytes, Route.modelMediaType, tags)
    }

    private func correction(
        _ request: Request, _ context: FederationContext
    ) async throws -> Response {
        let (run, client) = try await caller(request, context)
        let publication = try await coordinator.correction(run, client)
        let tags = Self.tags(publication.tag)
        if Self.isKnown(publication.tag, by: request) {
            return Response(status: .notModified, headers: tags)
        }
        // Each client's is another, so that there may be few at once; the place is held until it is sent.
        let slot = try await reader.correctionSlots.acquire(
            timeoutSeconds: reader.limits.slotWaitSeconds)
        let bytes = await publication.binary()
        await count(bytes, sentTo: client)
        var response = Response.bytes(bytes, Route.modelMediaType, tags)
        response.body = ResponseBody(contentLength: bytes.readableBytes) { writer in
            try await writer.write(bytes)
            try await writer.finish(nil)
            withExtendedLifetime(slot) {}
        }
        return response
    }

    private func count(_ bytes: ByteBuffer, sentTo client: Int?) async {
        counters.count(sent: bytes.readableBytes)
        if let client { await coordinator.sent(bytes.readableBytes, to: client) }
    }

    private static func tags(_ tag: String) -> HTTPFields {
        [.eTag: tag, .cacheControl: "no-cache"]
    }

    /// Whether the client says that it has what that tag stands for.
    private static func isKnown(_ tag: String, by request: Request) -> Bool {
        let known = request.headers[.ifNoneMatch]?.split(separator: ",") ?? []
        return known.contains { $0.trimmingPrefix(" ") == tag }
    }

    /// The run and client that a request names, which must be who sends it.
    private func named(
        _ request: Request, _ context: FederationContext
    ) throws -> (RunIdentifier, Int) {
        let client = try ClientNumber.parse(context.segment("client"))
        try identity.check(request.headers, is: client)
        return (try RunIdentifier(pathSegment: context.segment("run")), client)
    }

    /// The same of a client that has its place, whose connection this is.
    private func caller(
        _ request: Request, _ context: FederationContext
    ) async throws -> (RunIdentifier, Int) {
        let (run, client) = try named(request, context)
        await coordinator.attach(client, connections[context.channel])
        return (run, client)
    }

    private static func round(_ context: FederationContext) throws(APIError) -> Int {
        let text = context.segment("round")
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ $0 &- 0x30 < 10 }),
            let round = Int(text), round >= 1
        else {
            throw APIError(
                .invalidField, "“round” is not right: expected a whole number from 1",
                expected: "a whole number from 1", got: .string(String(text.prefix(60))))
        }
        return round
    }
}
