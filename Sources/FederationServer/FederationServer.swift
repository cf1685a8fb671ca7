import FederationWire
import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOHTTPTypes
import Parameters
import Platform
import ServiceLifecycle
import Synchronization

/// What a server is to be.
public struct ServerConfiguration: Sendable {
    /// The name or address to listen on; one of IPv6 with or without its brackets.
    public var host = "127.0.0.1"
    /// Further names by which the server may be addressed, as `OriginPolicy` has it.
    public var allowedHosts: [String] = []
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
    /// The clock by which it waits: the system's, but in tests.
    public var time: any TimeSource = SystemTime()
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
    /// The address.
    public var host: String
    /// The port.
    public var port: Int
    /// The system's own words.
    public var reason: String

    /// One sentence with address, port and reason.
    public var description: String {
        "cannot listen on \(ServerConfiguration.bracketed(host)):\(port): \(reason)"
    }
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
    private let report: @Sendable (ServerEvent) -> Void

    private struct State {
        var port: Int?
        var portWaiters: [CheckedContinuation<Int?, Never>] = []
        var isOver = false
        var stopsAtOnce = false
        /// Cuts off those who are still at it when the server has waited long enough for them.
        var cutting: Task<Void, Never>?
        var group: ServiceGroup?
    }

    /// A server that waits for `run()`.
    /// - Parameters:
    ///   - makeRun: makes the run that `GET /initialize/…` asks for.
    ///   - report: told what happens, for the operator; must return quickly.
    /// - Throws: `ExposureError` if it would be insecure unasked, `TLSFilesError`, and `MemoryShortage`
    ///   where the run keeps more models in memory than there is room for.
    public init(
        _ configuration: ServerConfiguration, run: ServedRun,
        makeRun: @escaping @Sendable (RunRequest) async throws -> ServedRun,
        report: @escaping @Sendable (ServerEvent) -> Void
    ) throws {
        try configuration.exposure.check(allowInsecure: configuration.allowsInsecure)
        try configuration.limits.check(run.plan)
        self.configuration = configuration
        self.makeRun = makeRun
        self.report = report
        tlsConfiguration = try configuration.tls?.configuration()
        connections = ConnectionTable()
        feed = StateFeed(limit: configuration.limits.watchers, time: configuration.time)
        counters = Counters()
        let failed = Alarm()
        alarm = failed
        logger = Logger(label: "federation") { _ in SwiftLogNoOpLogHandler() }
        coordinator = Coordinator(
            run, limits: configuration.limits, timing: configuration.timing,
            time: configuration.time, counters: counters, feed: feed,
            presentation: Coordinator.Presentation(
                version: configuration.version, address: configuration.address(port: nil),
                isInsecure: configuration.exposure.isInsecure),
            report: { event in
                report(event)
                if case .failed = event { failed.raise() }
            })
        reader = UpdateReader(
            limits: configuration.limits, time: configuration.time, counters: counters,
            workers: coordinator.workers)
    }

    /// Serves until `stop()`.
    /// - Throws: `ListenError`, `ResourceShortage`, or what kept a round from being made permanent.
    public func run() async throws {
        let connectionLimit = try Self.connectionLimit(configuration.limits.connections)
        let identity = Identity(tokens: configuration.tokens)
        let observation = ObservationRoutes(
            coordinator: coordinator, identity: identity, counters: counters,
            connections: connections, feed: feed,
            slots: [reader.slots, reader.listedSlots], showsPage: configuration.showsPage)
        let application = Application(
            router: router(observation, identity), server: try channel(),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.boundHost, port: configuration.port),
                backlog: 4096,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    connectionLimit, logger: logger)),
            services: [
                UpkeepService(
                    coordinator: coordinator, feed: feed, routes: observation,
                    timing: configuration.timing, time: configuration.time,
                    limits: configuration.limits)
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
            throw ListenError(
                host: configuration.boundHost, port: configuration.port,
                reason: Self.reason(error))
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
        let (time, seconds) = (configuration.time, configuration.timing.drainSeconds)
        // A server that is told to stop while it begins to listen would not hear it.
        Task {
            _ = await port
            await coordinator.drain()
            await group.triggerGracefulShutdown()
        }
        let cutting = Task {
            _ = await port
            guard (try? await time.sleep(seconds: seconds)) != nil else { return }
            await group.triggerGracefulShutdown()
            connections.cutAll()
        }
        // The first that was told so counts.
        let isWanted = state.withLock { state in
            guard state.cutting == nil, !state.isOver else { return false }
            state.cutting = cutting
            return true
        }
        if !isWanted { cutting.cancel() }
    }

    /// Waits so many seconds at most until all clients that keep in touch have heard that the run is over.
    public func waitUntilClientsKnow(seconds: Double) async {
        let time = configuration.time
        let end = time.seconds() + seconds
        while time.seconds() < end, await !coordinator.everyoneKnows(silence: seconds) {
            try? await time.sleep(seconds: 0.05)
        }
    }

    // MARK: Parts

    private func router(
        _ observation: ObservationRoutes, _ identity: Identity
    ) -> Router<FederationContext> {
        let router = Router(context: FederationContext.self)
        let pageRoutes: [Route] = [.page, .state, .events]
        let routes = Route.all.filter { configuration.showsPage || !pageRoutes.contains($0) }
        router.add(
            middleware: ErrorMiddleware(
                routes: routes, counters: counters, report: { [report] in report(.notice($0)) }))
        router.add(
            middleware: OriginMiddleware(
                policy: OriginPolicy(
                    exposure: configuration.exposure, allowedHosts: configuration.allowedHosts)))
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
        let (limits, time) = (configuration.limits, configuration.time)
        let (table, counters) = (connections, counters)
        let http = HTTPServerBuilder.http1(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [
                    RequestGuard(limits: limits, time: time, table: table, counters: counters)
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
        let (waiters, cutting) = state.withLock { state in
            state.isOver = true
            defer { state.portWaiters = [] }
            return (state.portWaiters, state.cutting)
        }
        cutting?.cancel()
        for waiter in waiters { waiter.resume(returning: nil) }
    }

    /// Connections that may be open at once: as many as were asked for, or as there can be files.
    ///
    /// A system that has no file for one more connection says so again and again, and a server that asks
    /// again and again does nothing else; so the last are left to the store, the log and the event loops.
    private static func connectionLimit(_ wanted: Int) throws(ResourceShortage) -> Int {
        let reserve = 32 + 3 * availableProcessorCount()
        let open = ProcessResources.openFileCount ?? 64
        ProcessResources.raiseFileLimit(to: wanted + reserve + open)
        let room = ProcessResources.openFileLimit - open - reserve
        guard room > 0 else {
            throw ResourceShortage(
                kind: .files, needed: reserve + 1, found: max(0, room + reserve),
                reason: String(cString: strerror(EMFILE)))
        }
        return min(wanted, room)
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: return String(cString: strerror(error.errnoCode))
        case is SocketAddressError.UnknownHost: return "its name is not known"
        default: return "\(error)".printable
        }
    }
}

/// Calls for a stop from where the server itself is not known.
private final class Alarm: Sendable {
    private let handler = Mutex<(@Sendable () -> Void)?>(nil)

    func onRaise(_ body: @escaping @Sendable () -> Void) { handler.withLock { $0 = body } }
    func raise() { handler.withLock { $0 }?() }
}

extension ServerConfiguration {
    /// The host as the system takes it: without brackets.
    var boundHost: String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }

    /// Where the page is, once the port is known: an address that can be used on this machine, where
    /// the one that stands for all of them is none.
    package func address(port: Int?) -> String {
        let shown =
            switch HostAuthority(host: host)?.host {
            case "0.0.0.0"?: "127.0.0.1"
            case "::"?: "::1"
            case let name?: name
            case nil: boundHost
            }
        let scheme = tls == nil ? "http" : "https"
        return "\(scheme)://\(Self.bracketed(shown)):\(port ?? self.port)"
    }

    /// A host as it stands before a port.
    static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    /// Whether the server listens on all addresses of its machine.
    public var listensEverywhere: Bool { HostAuthority(host: host)?.isWildcard == true }

    /// Why a text is no host that a server can listen on; nil where it is one.
    public static func problem(ofHost text: String) -> String? {
        if HostAuthority(host: text) != nil { return nil }
        if text.contains("/") { return "it is a URL" }
        if let authority = HostAuthority(text), authority.port != nil { return "it names a port" }
        return "expected a name or an address, like 127.0.0.1 or ::1"
    }
}
