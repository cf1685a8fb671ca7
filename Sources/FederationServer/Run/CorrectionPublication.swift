import Federation
import FederationWire
import NIOCore

/// What a client corrects its steps by after a committed round, made when it is asked for: each
/// client's is its own.
struct CorrectionPublication: Sendable {
    let client: Int
    /// How many rounds are behind it.
    let round: Int
    let settings: RunSettings
    let strategy: Strategy
    let state: FederationState
    let workers: Workers

    /// What an unchanged copy is recognised by.
    var tag: String { "\"\(settings.run)-\(round)-\(client)\"" }

    /// Header and floats.
    func binary() async -> ByteBuffer {
        await workers.convert { [self] in
            let header = ModelHeader.correction(
                run: settings.run, round: round, client: client,
                architecture: settings.architecture)
            guard let correction = strategy.correction(for: client, in: state) else {
                preconditionFailure("\(strategy.name) has no corrections")
            }
            return ByteBuffer(bytes: ModelBody.encode(header, .change(correction)))
        }
    }
}

extension Coordinator {
    /// What a client corrects its steps by now.
    func correction(
        _ name: RunIdentifier, _ client: Int
    ) throws(APIError) -> CorrectionPublication {
        try check(name, client)
        let strategy = run.served.plan.strategy
        guard strategy.objective.usesControlVariates else {
            throw APIError(
                .notFound, "clients of this run correct nothing: it has no control variates")
        }
        return CorrectionPublication(
            client: client, round: run.publication.round, settings: run.settings,
            strategy: strategy, state: run.machine.state, workers: workers)
    }
}
