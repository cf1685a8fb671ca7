import FederationWire
import NIOCore
import Parameters
import Platform

/// Takes part in a served run over the plain API: texts, and models as nested lists.
///
/// For measuring and testing that API with a client that trains as `FederationClient` does; it asks
/// at intervals, because the plain API has nothing that waits. Its participant applies no transforms: of
/// what a client does in the plain API's place the server does all but the training. A run whose clients
/// correct their steps can't be joined so; the server says it.
public struct PlainClient: Sendable {
    private let configuration: ClientConfiguration
    private let participant: any Participant
    private let rounds: Int
    private let pollSeconds: Double
    private let isOver: @Sendable () -> Bool

    /// - Parameters:
    ///   - rounds: R; the client ends when so many are committed.
    ///   - pollSeconds: how long it waits before it asks again.
    ///   - isOver: whether the run has ended early, which the plain API does not say.
    public init(
        _ configuration: ClientConfiguration, participant: any Participant, rounds: Int,
        pollSeconds: Double = 0.02, isOver: @escaping @Sendable () -> Bool = { false }
    ) {
        self.configuration = configuration
        self.participant = participant
        self.rounds = rounds
        self.pollSeconds = pollSeconds
        self.isOver = isOver
    }

    /// Takes part until all rounds are committed.
    /// - Throws: `ClientError`, or `CancellationError`.
    public func run() async throws {
        let client = try ServerConnection.makeClient(
            certificateFile: configuration.certificateFile)
        let connection = ServerConnection(
            address: configuration.address, client: client, token: configuration.token)
        let result: Result<Void, any Error>
        do {
            result = .success(try await takePart(connection))
        } catch {
            let cause = (error as? AttemptError)?.clientError ?? error
            result = .failure(Task.isCancelled ? CancellationError() : cause)
        }
        try? await client.shutdown()
        try result.get()
    }

    private func takePart(_ connection: ServerConnection) async throws {
        let patience = configuration.patience(report: { _ in })
        var reported = -1
        while true {
            let committed = try await patience.answer { () async throws(AttemptError) in
                try await connection.committedRounds()
            }
            if committed >= rounds || isOver() { return }
            if committed == reported {
                try await configuration.time.sleep(seconds: pollSeconds)
                continue
            }
            let model = try await patience.answer { () async throws(AttemptError) in
                try await connection.listedModel(participant.layout)
            }
            let update = try await participant.train(
                RoundWork(round: committed + 1, model: model),
                progress: TrainingProgress(time: configuration.time)
            ).update
            guard case .model(let trained) = update.value else {
                preconditionFailure("the plain API takes models: the server transforms updates")
            }
            let text = ByteBuffer(
                bytes: WeightsJSON.encode(trained, layout: participant.layout))
            do {
                try await patience.answer { () async throws(AttemptError) in
                    try await connection.sayCount(update.sampleCount, configuration.client)
                    try await connection.put(text, configuration.client)
                }
                reported = committed
            } catch AttemptError.refused(let error) where error.status == 409 {
                // The round is over, not yet open, or has the model from an attempt whose answer
                // was lost: the number of committed rounds tells.
                if error.code == .duplicate { reported = committed }
                try await configuration.time.sleep(seconds: pollSeconds)
            }
        }
    }
}

extension ServerConnection {
    func committedRounds() async throws(AttemptError) -> Int {
        let text = String(
            decoding: try await exchange(.getServerRound, Route.getServerRound.path()),
            as: UTF8.self)
        guard let rounds = Int(text) else {
            throw .fatal(
                .notAServer(
                    address, reason: "its number of rounds is “\(text.printable(limit: 60))”"))
        }
        return rounds
    }

    func listedModel(_ layout: ParameterLayout) async throws(AttemptError) -> ParameterVector {
        let bytes = try await exchange(
            .getServerWeight, Route.getServerWeight.path(),
            limit: WeightsJSON.byteLimit(layout))
        do throws(WeightsError) {
            return try WeightsJSON.decode(bytes, layout: layout)
        } catch {
            throw .fatal(.notAServer(address, reason: "its global model: \(error)"))
        }
    }

    func sayCount(_ count: Int, _ client: Int) async throws(AttemptError) {
        _ = try await exchange(.updateNumData, Route.updateNumData.path(client, count))
    }

    func put(_ text: ByteBuffer, _ client: Int) async throws(AttemptError) {
        let response = try await respond(
            .putWeight, Route.putWeight.path(client), text, seconds: Self.modelSeconds)
        _ = try await bytes(of: response, upTo: Self.answerLimit)
    }
}
