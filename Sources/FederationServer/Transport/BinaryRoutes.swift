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
        router.add(.register) { request, context in
            let (run, client) = try await caller(request, context)
            let registration = try await reader.message(request, Registration.self)
            try await coordinator.register(run, client, registration)
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
        let tags: HTTPFields = [.eTag: publication.tag, .cacheControl: "no-cache"]
        let known = request.headers[.ifNoneMatch]?.split(separator: ",") ?? []
        if known.contains(where: { $0.trimmingPrefix(" ") == publication.tag }) {
            return Response(status: .notModified, headers: tags)
        }
        let bytes = await publication.binary()
        counters.count(sent: bytes.readableBytes)
        if let client = connections[context.channel].onlyClient {
            await coordinator.sent(bytes.readableBytes, to: client)
        }
        return .bytes(bytes, Route.modelMediaType, tags)
    }

    /// The run and client that a request names, which must be who sends it.
    private func caller(
        _ request: Request, _ context: FederationContext
    ) async throws -> (RunIdentifier, Int) {
        let client = try ClientNumber.parse(context.segment("client"))
        try identity.check(request.headers, is: client)
        let run = try RunIdentifier(pathSegment: context.segment("run"))
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
