import Experiments
import FederationServer
import Foundation

/// A page that is being served from a thread outside Swift's cooperative pool.
public final class RunningPage: Sendable {
    /// Where it is, with the token that steering takes behind it.
    public let address: String
    private let server: PageServer
    private let serving: AsyncWork<Void>

    /// Begins to serve pages on loopback.
    /// - Parameters:
    ///   - port: the port; 0 takes a free one.
    ///   - orFree: whether a free one does, too, where that is taken.
    ///   - report: told what is the server's own fault, for the operator.
    /// - Throws: `ListenError`; `ResourceShortage`.
    public static func begin(
        _ pages: any RunPages, port: Int, orFree: Bool,
        report: @escaping @Sendable (String) -> Void
    ) throws -> RunningPage {
        do {
            return try RunningPage(pages, port: port, report)
        } catch let error as ListenError {
            guard orFree, port != 0 else { throw error }
            return try RunningPage(pages, port: 0, report)
        }
    }

    private init(
        _ pages: any RunPages, port: Int, _ report: @escaping @Sendable (String) -> Void
    ) throws {
        var configuration = ServerConfiguration(
            limits: ServerLimits(parameterCount: 0), version: LibraryVersion.text)
        configuration.port = port
        configuration.limits.connections = 1_024
        configuration.timing.drainSeconds = 2
        let server = try PageServer(configuration, pages: pages, report: report)
        self.server = server
        serving = AsyncWork { try await server.run() }
        let address = try waitFor { await server.port == nil ? nil : await server.address }
        guard let address else {
            try serving.wait().get()
            throw ListenError(host: configuration.host, port: port, reason: "it was stopped")
        }
        self.address = address
    }

    /// Stops; from any thread.
    public func stop() { server.stop() }

    /// Waits for its end; to be called once.
    /// - Throws: what it ended with.
    public func wait() throws { try serving.wait().get() }

    /// Lets those who watch hear how it ended, and ends.
    public func end() {
        _ = try? waitFor { [server] in await server.waitUntilWatchersKnow(seconds: 3) }
        server.stop()
        _ = serving.wait()
    }
}
