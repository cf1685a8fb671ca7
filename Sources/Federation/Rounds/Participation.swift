import Parameters

/// How simulated clients fail to take part: by chance, seeded, each client and round for itself.
///
/// For runs in one process. A real client of a served run comes and goes as it likes.
public struct Participation: Hashable, Sendable, Codable {
    /// The probability that a client can be chosen for a round at all.
    public var availability: Double
    /// The probability that a chosen client drops out before it trains.
    public var dropoutBefore: Double
    /// The probability that a client that has trained drops out before its update arrives.
    public var dropoutAfter: Double
    /// The clients that drop out because they would be late; nil where nobody waits for that.
    ///
    /// Source: see `Stragglers`; FedAvg drops them there.
    public var dropped: Stragglers?

    /// Everyone takes part unless told otherwise.
    ///
    /// A run needs 0 < availability ≤ 1, drop-outs of at least 0 and below 1, and stragglers of 0 to 1.
    public init(
        availability: Double = 1, dropoutBefore: Double = 0, dropoutAfter: Double = 0,
        dropped: Stragglers? = nil
    ) {
        self.availability = availability
        self.dropoutBefore = dropoutBefore
        self.dropoutAfter = dropoutAfter
        self.dropped = dropped
    }

    /// Whether every client always takes part.
    public var isCertain: Bool {
        availability == 1 && dropoutBefore == 0 && dropoutAfter == 0
            && (dropped?.fraction ?? 0) == 0
    }

    /// Why no run can have these chances; nil where one can.
    var problem: RoundRulesError? {
        guard availability > 0, availability <= 1 else {
            return .probability("an availability", availability)
        }
        for value in [dropoutBefore, dropoutAfter] where !(0..<1).contains(value) {
            return .probability("a drop-out rate", value)
        }
        if let dropped, !(0...1).contains(dropped.fraction) {
            return .probability("a share of stragglers", dropped.fraction)
        }
        return nil
    }

    /// What becomes of a client that is offered a place.
    package enum Fate {
        case takesPart
        case unavailable
        case dropsOutBefore
        case dropsOutAfter
    }

    package func fate(of client: Int, seed: UInt64, round: Int, attempt: Int) -> Fate {
        guard !isCertain else { return .takesPart }
        var random = RandomStream(
            RandomKey(
                seed: seed, purpose: .participation, index: attempt, client: client, round: round))
        if random.nextUniform() >= availability { return .unavailable }
        let isLate = dropped?.contains(client, round: round, attempt: attempt) ?? false
        if isLate { return .dropsOutBefore }
        if random.nextUniform() < dropoutBefore { return .dropsOutBefore }
        return random.nextUniform() < dropoutAfter ? .dropsOutAfter : .takesPart
    }
}
