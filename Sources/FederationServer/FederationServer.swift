import FederationWire
import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOHTTPTypes
import ServiceLifecycle
import Synchronization
import Tensors

/// What a server is to be.
public struct ServerConfiguration: Sendable {
    /// The address to listen on.
    public var host = "127.0.0.1"
    /// The port; 0 takes a free one.
    public var port = 9103
    /// Its certificate; nil for plain HTTP.
    public var tls: TLSFiles?
    /// The tokens it takes; nil takes anyone.
    public var tokens: TokenTable?
    /// Whether it may be reached from elsewhere without certificate or tokens.
    public var allowsInsecure = false
    /// Whether there is a live page.
    public var showsPage = true
    /// What it puts up with.
    public var limits: ServerLimits
    /// How long it waits for what.
    public var timing = ServerTiming()
    /// Version of the program, for the page.
    public var version: String

    /// A server on loopback.
    public init(limits: ServerLimits, version: String) {
        self.limits = limits
        self.version = version
    }

    /// Who can reach it.
    public var exposure: Exposure {
        Exposure(host: host, hasTLS: tls != nil, hasTokens: tokens != nil)
    }
}

/// Why a server does not listen.
public struct ListenError: Error, Equatable, Sendable, CustomStringConvertible {
    public var host: String
    public var port: Int
    public var reason: String

    public var description: String { "cannot listen on \(host):\(port): \(reason)" }
}

/// Serves a run over HTTP, to clients of both APIs and to people who watch.
public final class FederationServer: Sendable {
    /// As it was asked for.
    public let configuration: ServerConfiguration

    private let coordinator: Coordinator
    private let connections: ConnectionTable
    private let feed: StateFeed
    private let counters: Counters
    private let reader: UpdateReader
    private let makeRun: @Sendable (RunRequest) async throws -> ServedRun
    private let tlsConfiguration: TLSConfiguration?
    private let state = Mutex(State())
    private let logger: Logger
    private let alarm: Alarm

    private struct State {
        var port: Int?
        var portWaiters: [CheckedContinuation<Int?, Never>] = []
        var isOver = false
        var stopsAtOnce = false
        var group: ServiceGroup?
    }

    /// A server that waits for `run()`.
    /// - Parameters:
    ///   - makeRun: makes the run that `GET /initialize/…` asks for.
    ///   - report: told what happens, for the operator; must return quickly.
    /// - Throws: `ExposureError` if it would be insecure unasked, `TLSFilesError`.
    public init(
        _ configuration: ServerConfiguration, run: ServedRun,
        makeRun: @escaping @Sendable (RunRequest) async throws -> ServedRun,
        report: @escaping @Sendable (ServerEvent) -> Void
    ) throws {
        try configuration.exposure.check(allowInsecure: configuration.allowsInsecure)
        self.configuration = configuration
        self.makeRun = makeRun
        tlsConfiguration = try configuration.tls?.configuration()
        connections = ConnectionTable()
        feed = StateFeed(limit: configuration.limits.watchers)
        counters = Counters()
        let failed = Alarm()
        alarm = failed
        logger = Logger(label: "federation") { _ in SwiftLogNoOpLogHandler() }
        coordinator = Coordinator(
            run, limits: configuration.limits, timing: configuration.timing, counters: counters,
            feed: feed,
            presentation: Coordinator.Presentation(
                version: configuration.version, address: configuration.address(port: nil),
                isInsecure: configuration.exposure.isInsecure),
            report: { event in
                report(event)
                if case .failed = event { failed.raise() }
            })
        reader = UpdateReader(
            limits: configuration.limits, counters: counters, workers: coordinator.workers)
    }

    /// Serves until `stop()`.
    /// - Throws: `ListenError`, or what kept a round from being made permanent.
    public func run() async throws {
        Self.raiseFileLimit()
        let observation = ObservationRoutes(
            coordinator: coordinator, counters: counters, connections: connections, feed: feed,
            slots: reader.slots, showsPage: configuration.showsPage)
        let application = Application(
            router: router(observation), server: try channel(),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), backlog: 4096,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    configuration.limits.connections, logger: logger)),
            services: [
                UpkeepService(
                    coordinator: coordinator, feed: feed, routes: observation,
                    timing: configuration.timing)
            ],
            onServerRunning: { channel in await self.listens(on: channel) }, logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: application, successTerminationBehavior: .gracefullyShutdownGroup)
                ], logger: logger))
        let stopsAtOnce = state.withLock { state in
            state.group = group
            return state.stopsAtOnce
        }
        defer { ended() }
        if stopsAtOnce { return }
        alarm.onRaise { [weak self] in self?.stop() }
        do {
            try await group.run()
        } catch {
            guard state.withLock({ $0.port == nil }) else { throw error }
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) }
            throw ListenError(
                host: configuration.host, port: configuration.port, reason: reason ?? "\(error)")
        }
        if let failure = await coordinator.failure { throw failure }
    }

    /// The port that it listens on; nil if it does not.
    public var port: Int? {
        get async {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state -> Int?? in
                    if state.port != nil || state.isOver { return .some(state.port) }
                    state.portWaiters.append(continuation)
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        }
    }

    /// Where the page is.
    public var address: String {
        get async { configuration.address(port: await port) }
    }

    /// Whom the run waits for; nil where all that it needs are there.
    public var waiting: RoundWait? {
        get async { await coordinator.waiting }
    }

    /// Stops: those who wait are told, uploads and commits may finish, at most `drainSeconds` long.
    public func stop() {
        let group = state.withLock { state in
            state.stopsAtOnce = true
            return state.group
        }
        guard let group else { return }
        let seconds = configuration.timing.drainSeconds
        // A server that is told to stop while it begins to listen would not hear it.
        Task {
            _ = await port
            await coordinator.drain()
            await group.triggerGracefulShutdown()
        }
        Task {
            _ = await port
            try? await Task.sleep(for: .seconds(seconds))
            await group.triggerGracefulShutdown()
            connections.cutAll()
        }
    }

    /// Waits so many seconds at most until all clients that keep in touch have heard that the run is over.
    public func waitUntilClientsKnow(seconds: Double) async {
        let end = MonotonicClock.seconds() + seconds
        while MonotonicClock.seconds() < end, await !coordinator.everyoneKnows(silence: seconds) {
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    // MARK: Parts

    private func router(_ observation: ObservationRoutes) -> Router<FederationContext> {
        let router = Router(context: FederationContext.self)
        let pageRoutes: [Route] = [.page, .state, .events]
        let routes = Route.all.filter { configuration.showsPage || !pageRoutes.contains($0) }
        router.add(
            middleware: ErrorMiddleware(routes: routes, counters: counters, logger: logger))
        let identity = Identity(tokens: configuration.tokens)
        PlainRoutes(
            coordinator: coordinator, identity: identity, reader: reader, counters: counters,
            connections: connections, makeRun: makeRun
        ).add(to: router)
        BinaryRoutes(
            coordinator: coordinator, identity: identity, reader: reader, counters: counters,
            connections: connections
        ).add(to: router)
        observation.add(to: router)
        return router
    }

    private func channel() throws -> HTTPServerBuilder {
        let (limits, table, counters) = (configuration.limits, connections, counters)
        let http = HTTPServerBuilder.http1(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [
                    RequestGuard(limits: limits, table: table, counters: counters)
                ],
                idleTimeout: .nanoseconds(Int64(limits.idleSeconds * 1e9)),
                httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                    maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10,
                    maxHeaderFieldCount: 100)))
        guard let tlsConfiguration else { return http }
        return try .tls(http, tlsConfiguration: tlsConfiguration)
    }

    private func listens(on channel: any Channel) async {
        let port = channel.localAddress?.port ?? configuration.port
        await coordinator.setAddress(configuration.address(port: port))
        await coordinator.begin()
        let waiters = state.withLock { state in
            state.port = port
            defer { state.portWaiters = [] }
            return state.portWaiters
        }
        for waiter in waiters { waiter.resume(returning: port) }
    }

    private func ended() {
        let waiters = state.withLock { state in
            state.isOver = true
            defer { state.portWaiters = [] }
            return state.portWaiters
        }
        for waiter in waiters { waiter.resume(returning: nil) }
    }

    /// Thousands of connections need as many file descriptors.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// Calls for a stop from where the server itself is not known.
private final class Alarm: Sendable {
    private let handler = Mutex<(@Sendable () -> Void)?>(nil)

    func onRaise(_ body: @escaping @Sendable () -> Void) { handler.withLock { $0 = body } }
    func raise() { handler.withLock { $0 }?() }
}

extension ServerConfiguration {
    /// Where the page is, once the port is known.
    func address(port: Int?) -> String {
        let shown = host.contains(":") ? "[\(host)]" : host
        return "\(tls == nil ? "http" : "https")://\(shown):\(port ?? self.port)"
    }
}
