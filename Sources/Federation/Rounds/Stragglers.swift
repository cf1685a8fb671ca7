import Parameters

/// Clients that have less time in a round than others: by chance, seeded, each client and round for itself.
///
/// A straggler trains a whole number of epochs, each of 1 … E as likely as any other. Whoever knows the
/// run's seed can tell, the client itself among them, so that it is the same wherever clients train.
///
/// Source: Li et al., "Federated optimization in heterogeneous networks" (FedProx), MLSys 2020, section
/// 5.2, where FedAvg drops stragglers and FedProx takes what they have. There a round's share of
/// stragglers is exact; here each client is one with that probability.
public struct Stragglers: Hashable, Sendable, Codable {
    /// The probability that a client is one in a round, 0 to 1.
    public var fraction: Double
    /// The run's.
    public var seed: UInt64

    /// Stragglers of a run.
    public init(fraction: Double, seed: UInt64) {
        self.fraction = fraction
        self.seed = seed
    }

    /// Whether a client is one in a round.
    /// - Parameter attempt: how often the round has been begun: where too few clients were left of it, all
    ///   is drawn anew.
    public func contains(_ client: Int, round: Int, attempt: Int = 1) -> Bool {
        var random = stream(client, round, attempt)
        return random.nextUniform() < fraction
    }

    /// How many of `epochs` a client has time for in a round: all of them, unless it is a straggler; of
    /// less than one, all.
    public func epochs(of epochs: Double, client: Int, round: Int) -> Double {
        var random = stream(client, round, 1)
        guard random.nextUniform() < fraction, epochs >= 1,
            let whole = Int(exactly: epochs.rounded(.down))
        else { return epochs }
        return Double(random.next(in: 1...whole))
    }

    private func stream(_ client: Int, _ round: Int, _ attempt: Int) -> RandomStream {
        RandomStream(
            RandomKey(
                seed: seed, purpose: .stragglers, index: attempt - 1, client: client, round: round))
    }
}
