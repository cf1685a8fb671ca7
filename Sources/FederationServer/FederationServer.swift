import FederationWire
import Foundation
import Hummingbird
import Platform
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

    package init(host: String, port: Int, reason: String) {
        self.host = host
        self.port = port
        self.reason = reason
    }

    /// One sentence with address, port and reason.
    public var description: String {
        "cannot listen on \(ServerConfiguration.bracketed(host)):\(port): \(reason)"
    }
}

/// Serves a run over HTTP, to clients of both APIs and to people who watch.
public final class FederationServer: Sendable {
    /// As it was asked for.
    public var configuration: ServerConfiguration { listener.configuration }

    private let listener: HTTPListener
    private let coordinator: Coordinator
    private let feed: StateFeed
    private let reader: UpdateReader
    private let makeRun: @Sendable (RunRequest) async throws -> ServedRun
    private let alarm: Alarm
    private let report: @Sendable (ServerEvent) -> Void

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
        listener = try HTTPListener(configuration)
        self.makeRun = makeRun
        self.report = report
        feed = StateFeed(limit: configuration.limits.watchers, time: configuration.time)
        let failed = Alarm()
        alarm = failed
        coordinator = Coordinator(
            run, limits: configuration.limits, timing: configuration.timing,
            time: configuration.time, counters: listener.counters, feed: feed,
            presentation: Coordinator.Presentation(
                version: configuration.version, address: configuration.address(port: nil),
                isInsecure: configuration.exposure.isInsecure),
            report: { event in
                report(event)
                if case .failed = event { failed.raise() }
            })
        reader = UpdateReader(
            limits: configuration.limits, time: configuration.time, counters: listener.counters,
            workers: coordinator.workers)
    }

    /// Serves until `stop()`.
    /// - Throws: `ListenError`, `ResourceShortage`, or what kept a round from being made permanent.
    public func run() async throws {
        let identity = Identity(tokens: configuration.tokens)
        let observation = ObservationRoutes(
            coordinator: coordinator, identity: identity, counters: listener.counters,
            connections: listener.connections, feed: feed,
            slots: [reader.slots, reader.listedSlots], showsPage: configuration.showsPage)
        alarm.onRaise { [weak self] in self?.stop() }
        try await listener.run(
            router(observation, identity),
            services: [
                UpkeepService(
                    coordinator: coordinator, feed: feed, routes: observation,
                    timing: configuration.timing, time: configuration.time,
                    limits: configuration.limits)
            ]
        ) { [coordinator, configuration] port in
            await coordinator.setAddress(configuration.address(port: port))
            await coordinator.begin()
        }
        if let failure = await coordinator.failure { throw failure }
    }

    /// The port that it listens on; nil if it does not.
    public var port: Int? { get async { await listener.port } }

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
        listener.stop { [coordinator] in await coordinator.drain() }
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
        let pageRoutes: [Route] = [.page, .state, .events]
        let routes = Route.all.filter { configuration.showsPage || !pageRoutes.contains($0) }
        let router = listener.router(routes) { [report] in report(.notice($0)) }
        PlainRoutes(
            coordinator: coordinator, identity: identity, reader: reader,
            counters: listener.counters, connections: listener.connections, makeRun: makeRun
        ).add(to: router)
        BinaryRoutes(
            coordinator: coordinator, identity: identity, reader: reader,
            counters: listener.counters, connections: listener.connections
        ).add(to: router)
        observation.add(to: router)
        return router
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
