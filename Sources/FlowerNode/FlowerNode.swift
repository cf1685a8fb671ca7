import AsyncHTTPClient

/// How a node reaches its SuperLink, and who it is there.
public struct FlowerNodeConfiguration: Sendable {
    /// The SuperLink's Fleet API.
    public var address: SuperLinkAddress
    /// Who the node is.
    public var identity: NodeIdentity
    /// A PEM file with the authorities that may have signed the SuperLink's certificate; nil for the
    /// system's.
    public var certificateFile: String?
    /// How long the SuperLink may be away before the node gives up, in seconds.
    public var retrySeconds: Double
    /// How long the node waits before it asks again for work, in seconds.
    public var pollSeconds: Double
    /// How often the SuperLink hears from the node at least, 10 to 1800 seconds: after twice the time
    /// without a word it takes it for offline.
    public var heartbeatSeconds = 10.0

    /// How long a node that takes the place of one that was killed stays away first, in seconds: longer
    /// than a ServerApp waits before it asks again for replies, which is 3.
    package var absenceSeconds = 5.0

    /// A node at that address.
    public init(
        address: SuperLinkAddress, identity: NodeIdentity = NodeIdentity(),
        retrySeconds: Double = 120, pollSeconds: Double = 1
    ) {
        self.address = address
        self.identity = identity
        self.retrySeconds = retrySeconds
        self.pollSeconds = pollSeconds
    }
}

/// A node of a Flower federation: asks its SuperLink for work, does it, and sends what came of it.
///
/// The protocol is Flower's Fleet API over HTTP, as the SuperLink of version 1.41 speaks it. A request
/// that cannot be served is answered with an error message, and the node lives on.
public struct FlowerNode: Sendable {
    private let configuration: FlowerNodeConfiguration
    private let trainee: any FlowerTrainee
    private let report: @Sendable (NodeEvent) -> Void

    /// - Parameter report: told what happens; must return quickly.
    public init(
        _ configuration: FlowerNodeConfiguration, trainee: any FlowerTrainee,
        report: @escaping @Sendable (NodeEvent) -> Void
    ) {
        self.configuration = configuration
        self.trainee = trainee
        self.report = report
    }

    /// Takes part until the task is cancelled, and then leaves politely.
    /// - Throws: `FlowerNodeError` where there is no taking part, else `CancellationError`.
    public func run() async throws {
        let client = try FleetConnection.makeClient(
            certificateFile: configuration.certificateFile)
        let connection = FleetConnection(
            address: configuration.address, identity: configuration.identity, client: client)
        var session = NodeSession(
            connection: connection, configuration: configuration, trainee: trainee, report: report)
        let result: Result<Void, any Error>
        do {
            result = .success(try await session.run())
        } catch {
            result = .failure(Task.isCancelled ? CancellationError() : error)
        }
        if let node = session.place.node {
            let isForgotten = session.isForgotten
            // In a task of its own, because this one may be cancelled.
            await Task { try? await connection.leave(node, unregistering: isForgotten) }.value
        }
        try? await client.shutdown()
        try result.get()
    }
}
