import FederationWire
import HTTPTypes
import Hummingbird

/// The API for any client in any language: texts and nested lists.
struct PlainRoutes: Sendable {
    let coordinator: Coordinator
    let identity: Identity
    let reader: UpdateReader
    let counters: Counters
    let connections: ConnectionTable
    let makeRun: @Sendable (RunRequest) async throws -> ServedRun

    func add(to router: Router<FederationContext>) {
        router.add(.initialize, use: initialize)
        router.add(.getServerRound) { request, _ in
            _ = try identity.holder(request.headers)
            return .text("\(await coordinator.committedRounds)")
        }
        router.add(.getServerWeight) { request, _ in
            _ = try identity.holder(request.headers)
            let bytes = await (try coordinator.publication()).listed()
            counters.count(sent: bytes.readableBytes)
            return .bytes(bytes, Route.jsonMediaType)
        }
        router.add(.updateNumData) { request, context in
            let client = try ClientNumber.parse(context.segment("client"))
            let count = try SampleCount.parse(context.segment("count"))
            try identity.check(request.headers, is: client)
            try await coordinator.setSampleCount(client, count)
            return .text("Number of data for \(client) updated")
        }
        router.add(.putWeight, use: putWeight)
    }

    private func putWeight(_ request: Request, _ context: FederationContext) async throws
        -> Response
    {
        let client = try ClientNumber.parse(context.segment("client"))
        try identity.check(request.headers, is: client)
        let admission = try await coordinator.admitPlain(client)
        let result = await Attempt.of {
            let update = try await reader.listed(
                request, on: connections[context.channel], admission, client: client)
            try await coordinator.takePlain(update, of: admission.run)
        }
        await coordinator.release(client, run: admission.run)
        try result.get()
        return .text("Weight of \(client) updated")
    }

    private func initialize(_ request: Request, _ context: FederationContext) async throws
        -> Response
    {
        // Whoever may not start a run does not get to know, either, how it would have to be asked for.
        try identity.checkAdministrator(request.headers)
        let wanted = RunRequest(
            clients: try Self.number("clients", context, 1...100_000),
            experiment: try Self.number("experiment", context, 1...4),
            rounds: try Self.number("rounds", context, 1...1_000_000))
        let holder = try identity.holder(request.headers)
        let force = try Self.force(request)
        if force, holder != .administrator {
            throw APIError(
                .forbidden, "?force=true needs the administrator's token", got: "force")
        }
        try await coordinator.initialize(wanted, force: force, make: makeRun)
        return .text("Initialized server")
    }

    private static func force(_ request: Request) throws(APIError) -> Bool {
        switch request.uri.queryParameters["force"] {
        case nil, "false": return false
        case "true": return true
        case let value?:
            throw APIError(
                .invalidField, "“force” is neither true nor false", expected: "true or false",
                got: .string(String(value.prefix(60))))
        }
    }

    private static func number(
        _ name: String, _ context: FederationContext, _ range: ClosedRange<Int>
    ) throws(APIError) -> Int {
        let text = context.segment(name)
        let isNumber =
            !text.isEmpty && text.utf8.count <= 9 && text.utf8.allSatisfy { $0 &- 0x30 < 10 }
        guard isNumber, let value = Int(text), range.contains(value) else {
            let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw APIError(
                .invalidField, "“\(name)” is not right: expected \(expected)",
                expected: .string(expected), got: .string(String(text.prefix(60))))
        }
        return value
    }
}

/// A result of what may throw anything, so that something can be done in between.
enum Attempt {
    static func of<Value>(
        _ body: () async throws -> Value
    ) async -> Result<Value, any Error> {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}
