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

/// Listens on a port and answers what comes to a router, until it is told to stop.
final class HTTPListener: Sendable {
    let configuration: ServerConfiguration
    let connections = ConnectionTable()
    let counters = Counters()
    private let tlsConfiguration: TLSConfiguration?
    private let logger = Logger(label: "federation") { _ in SwiftLogNoOpLogHandler() }
    private let state = Mutex(State())

    private struct State {
        var port: Int?
        var portWaiters: [CheckedContinuation<Int?, Never>] = []
        var isOver = false
        var stopsAtOnce = false
        /// Cuts off those who are still at it when the server has waited long enough for them.
        var cutting: Task<Void, Never>?
        var group: ServiceGroup?
    }

    /// - Throws: `ExposureError` if it would be insecure unasked, `TLSFilesError`.
    init(_ configuration: ServerConfiguration) throws {
        try configuration.exposure.check(allowInsecure: configuration.allowsInsecure)
        self.configuration = configuration
        tlsConfiguration = try configuration.tls?.configuration()
    }

    /// A router that refuses what other sites' pages ask for, and answers errors as both APIs do.
    /// - Parameters:
    ///   - routes: what will be added to it.
    ///   - report: told what is the server's own fault.
    func router(
        _ routes: [Route], report: @escaping @Sendable (String) -> Void
    ) -> Router<FederationContext> {
        let router = Router(context: FederationContext.self)
        router.add(
            middleware: ErrorMiddleware(routes: routes, counters: counters, report: report))
        router.add(
            middleware: OriginMiddleware(
                policy: OriginPolicy(
                    exposure: configuration.exposure, allowedHosts: configuration.allowedHosts),
                routes: routes))
        return router
    }

    /// Serves until `stop()`.
    /// - Parameter onListening: told the port before anybody else is.
    /// - Throws: `ListenError`, `ResourceShortage`.
    func run(
        _ router: Router<FederationContext>, services: [any Service],
        onListening: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let connectionLimit = try Self.connectionLimit(configuration.limits.connections)
        let application = Application(
            router: router, server: try channel(),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.boundHost, port: configuration.port),
                backlog: 4096,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    connectionLimit, logger: logger)),
            services: services,
            onServerRunning: { channel in
                await self.listens(on: channel, telling: onListening)
            }, logger: logger)
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
        do {
            try await group.run()
        } catch {
            guard state.withLock({ $0.port == nil }) else { throw error }
            throw ListenError(
                host: configuration.boundHost, port: configuration.port,
                reason: Self.reason(error))
        }
    }

    /// The port that it listens on; nil if it does not.
    var port: Int? {
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

    /// Stops: what is under way may finish, at most `drainSeconds` long.
    /// - Parameter drain: tells those who wait that nothing will come.
    func stop(draining drain: @escaping @Sendable () async -> Void) {
        let group = state.withLock { state in
            state.stopsAtOnce = true
            return state.group
        }
        guard let group else { return }
        let (time, seconds) = (configuration.time, configuration.timing.drainSeconds)
        // A server that is told to stop while it begins to listen would not hear it.
        Task {
            _ = await port
            await drain()
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

    // MARK: Parts

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

    private func listens(
        on channel: any Channel, telling onListening: @Sendable (Int) async -> Void
    ) async {
        let port = channel.localAddress?.port ?? configuration.port
        await onListening(port)
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
