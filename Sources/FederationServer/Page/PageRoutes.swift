import FederationWire
import Foundation
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Platform
import RunPage

/// The pages of runs, what they show, and what they may ask for.
struct PageRoutes: Sendable {
    let pages: any RunPages
    /// What steering needs.
    let token: SteeringToken
    let feeds: PageFeeds
    let connections: ConnectionTable
    let limits: ServerLimits
    private let workers = Workers()

    init(
        pages: any RunPages, token: SteeringToken, feeds: PageFeeds,
        connections: ConnectionTable, limits: ServerLimits
    ) {
        self.pages = pages
        self.token = token
        self.feeds = feeds
        self.connections = connections
        self.limits = limits
    }

    func add(to router: Router<FederationContext>) {
        let runPage = ByteBuffer(bytes: LivePage.bytes)
        if let only = pages.only {
            router.add(.page) { _, _ in Self.html(runPage, LivePage.headers) }
            router.add(.state) { _, _ in try await state(of: only) }
            router.add(.events) { try await events(of: only, $0, $1) }
            router.add(.action) { request, _ in try await perform(request, on: only) }
            return
        }
        let storePage = ByteBuffer(bytes: StorePage.bytes)
        router.add(.page) { _, _ in Self.html(storePage, StorePage.headers) }
        router.add(.runs, use: list)
        router.add(.events) { try await events(of: nil, $0, $1) }
        router.add(.runPage) { request, _ in
            // The page's own addresses are relative to the run's folder.
            if !request.uri.path.hasSuffix("/") {
                let name = request.uri.path.split(separator: "/").last ?? ""
                return Response(status: .permanentRedirect, headers: [.location: "\(name)/"])
            }
            return Self.html(runPage, LivePage.headers)
        }
        router.add(.runState) { try await state(of: Self.run($1)) }
        router.add(.runEvents) { try await events(of: Self.run($1), $0, $1) }
        router.add(.runAction) { try await perform($0, on: Self.run($1)) }
    }

    // MARK: Reading

    private func list(_ request: Request, _ context: FederationContext) async throws -> Response {
        let since = request.uri.queryParameters["since"]
        let revision = since.flatMap { Int($0) }
        guard since == nil || revision != nil else {
            throw APIError(
                .invalidField, "“since” is “\(printable(since ?? ""))”: expected a revision",
                expected: "a whole number")
        }
        let bytes = try await off { try pages.list(since: revision).encoded() }
        return Self.json(bytes)
    }

    private func state(of run: String) async throws -> Response {
        Self.json(try await off { try pages.state(of: run).json.encoded() })
    }

    private func events(
        of run: String?, _ request: Request, _ context: FederationContext
    ) async throws -> Response {
        // What there is not cannot be watched.
        _ = try await off { try pages.version(of: run) }
        guard request.method != .head else { return .eventsHead }
        let (feed, number, changes) = try feeds.watch(run, on: connections[context.channel])
        return .events(of: feed, number, changes) { try await event(of: run) }
    }

    /// What there is to tell of a run, or of the list, as a server-sent event.
    func event(of run: String?) async throws -> ByteBuffer {
        let (name, data) = try await off {
            guard let run else {
                return ("changed", Array("{\"revision\": \(try pages.version(of: nil))}".utf8))
            }
            return ("state", try pages.state(of: run).json.encoded())
        }
        var buffer = ByteBuffer(string: "event: \(name)\ndata: ")
        buffer.writeBytes(data)
        buffer.writeString("\n\n")
        return buffer
    }

    /// Does on a thread of its own what may wait for a disk.
    func off<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await workers.convert { Result { try body() } }.get()
    }

    // MARK: Steering

    private func perform(_ request: Request, on run: String) async throws -> Response {
        try token.check(request.headers)
        let type = request.headers[.contentType]?.prefix { $0 != ";" }
        guard type.map(String.init) == Route.jsonMediaType else {
            throw APIError(
                .wrongContentType, "the body is of another type: expected \(Route.jsonMediaType)",
                expected: .string(Route.jsonMediaType))
        }
        let action = try RunAction(decoding: try await body(of: request))
        let text = try await off { try pages.perform(action, on: run) }
        let answer: JSONValue = ["ok": true, "text": .string(text)]
        return Self.json(answer.encoded())
    }

    /// A whole body. `RequestGuard` lets no longer one come; this makes sure for its own part.
    private func body(of request: Request) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in request.body {
            bytes += chunk.readableBytesView
            guard bytes.count <= limits.messageBytes else {
                throw APIError(
                    .tooLarge, "the body goes on: expected at most \(limits.messageBytes)",
                    expected: .integer(limits.messageBytes))
            }
        }
        return bytes
    }

    // MARK: Answers

    private static func run(_ context: FederationContext) throws(APIError) -> String {
        let segment = context.segment("run")
        guard let name = segment.removingPercentEncoding else {
            throw APIError(.unknownRun, "“\(printable(segment))” is no run's name")
        }
        return name
    }

    private static func html(_ bytes: ByteBuffer, _ headers: HTTPFields) -> Response {
        .bytes(bytes, "text/html; charset=utf-8", headers)
    }

    private static func json(_ bytes: [UInt8]) -> Response {
        .bytes(ByteBuffer(bytes: bytes), Route.jsonMediaType, [.cacheControl: "no-store"])
    }
}

/// A text from outside as an error may repeat it.
private func printable(_ text: some StringProtocol) -> String { text.printable(limit: 60) }
