import AsyncHTTPClient
import FederationWire
import HTTPCalls
import NIOCore
import Platform

/// How a client reaches its server.
public struct ClientConfiguration: Sendable {
    /// The server.
    public var address: ServerAddress
    /// The client's id.
    public var client: Int
    /// Who the client is, where the server wants to know.
    public var token: AccessToken?
    /// A PEM file with the authorities that may have signed the server's certificate; nil for the
    /// system's.
    public var certificateFile: String?
    /// What the page is told of the machine that the client runs on; nil for nothing.
    public var host: String?
    /// What the page is told of the version of the client's program; nil for nothing.
    public var version: String?
    /// How long a server may be away before the client gives up, in seconds.
    public var retrySeconds: Double
    /// What it waits by.
    public var time: any TimeSource = SystemTime()

    /// A client without token.
    public init(address: ServerAddress, client: Int, retrySeconds: Double = 120) {
        self.address = address
        self.client = client
        self.retrySeconds = retrySeconds
    }

    /// Tries as long as this client is to.
    func patience(report: @escaping @Sendable (ClientEvent) -> Void) -> Patience {
        let address = address
        return Patience(
            limitSeconds: retrySeconds, time: time, away: { report(.away(reason: $0)) },
            back: { report(.back(seconds: $0)) },
            gaveUp: { ClientError.gaveUp(address, seconds: $0, reason: $1) })
    }
}

/// Takes part in a served run: asks for tasks, trains, uploads, until the run is over.
///
/// It holds no state that a killed process would miss, but for what its participant keeps: another
/// one with the same id goes on in its place. While the server is away it keeps trying; once that is
/// back, it registers again and sends the same bytes again, which the server counts once.
public struct FederationClient: Sendable {
    private let configuration: ClientConfiguration
    private let prepare: @Sendable (RunSettings) async throws -> any Participant
    private let report: @Sendable (ClientEvent) -> Void

    /// - Parameters:
    ///   - prepare: makes what trains from the run's settings; called again should the server begin
    ///     another run. What it throws ends the client.
    ///   - report: told what happens; must return quickly.
    public init(
        _ configuration: ClientConfiguration,
        prepare: @escaping @Sendable (RunSettings) async throws -> any Participant,
        report: @escaping @Sendable (ClientEvent) -> Void
    ) {
        self.configuration = configuration
        self.prepare = prepare
        self.report = report
    }

    /// How a run ended, as its server says.
    public struct Ending: Hashable, Sendable {
        /// `Outcome.description`.
        public var outcome: String
        /// Whether it ended as it should.
        public var succeeded: Bool

        package init(outcome: String, succeeded: Bool) {
            self.outcome = outcome
            self.succeeded = succeeded
        }
    }

    /// Takes part until the run is over.
    ///
    /// Cancelling the task leaves the run politely.
    /// - Throws: `ClientError`, what `prepare` throws, or `CancellationError`.
    public func run() async throws -> Ending {
        let client = try ServerConnection.makeClient(
            certificateFile: configuration.certificateFile)
        var session = Session(
            connection: ServerConnection(
                address: configuration.address, client: client, token: configuration.token),
            configuration: configuration, prepare: prepare, report: report)
        let result: Result<Ending, any Error>
        do {
            result = .success(try await session.run())
        } catch {
            if let seat = session.seat, error is CancellationError || Task.isCancelled {
                let connection = session.connection
                // In a task of its own, because this one is cancelled.
                await Task { try? await connection.leave(seat) }.value
            }
            let cause = (error as? AttemptError)?.clientError ?? error
            result = .failure(Task.isCancelled ? CancellationError() : cause)
        }
        try? await client.shutdown()
        return try result.get()
    }
}
