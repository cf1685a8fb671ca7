import Federation

/// What TensorBoard shows of a round: scalars by their tags, which it groups by what stands before the first
/// slash. A number that is none, or that there is not, has no tag.
///
/// | tag | what it is |
/// |---|---|
/// | `server/accuracy`, `server/loss` | of the global model; `server/r2` where numbers are predicted |
/// | `metrics/NAME` | what tests and the strategy's parts measured beside |
/// | `clients/accuracy/mean`, `…/min`, `…/max` | over the round's clients, of their own models; `loss` likewise |
/// | `clients/update_norm/…`, `clients/update_cosine/…` | of their updates: see `ChangeMeasure` |
/// | `client/ID/accuracy` … | the same of each of the first 20 clients |
/// | `round/participants`, `round/seconds` | updates in the model, and the time it took |
public struct RoundScalars: Equatable, Sendable {
    /// The round, 1…R: TensorBoard's step.
    public let round: Int
    /// By ascending tags.
    public let values: [(tag: String, value: Float)]

    /// Clients below this number have curves of their own.
    package static let clientsShown = 20
    static let secondsTag = "round/seconds"

    /// The scalars of a round that has been committed.
    /// - Parameter score: what models are measured by.
    public init(_ round: CommittedRound, score: RunLog.Score = .accuracy) {
        var figures = Figures(round: round.record.round, score: score)
        figures.accuracy = round.record.global?.accuracy
        figures.loss = round.record.global?.loss
        figures.metrics = round.metrics
        figures.seconds = round.seconds
        figures.clients = round.record.clients.map { part in
            (
                part.client,
                ClientRound(
                    round: round.record.round, accuracy: part.evaluation?.accuracy,
                    loss: part.evaluation?.loss, samples: part.sampleCount ?? 0,
                    updateNorm: part.updateNorm, updateCosine: part.updateCosine)
            )
        }
        self.init(figures)
    }

    /// The scalars of all rounds of a log.
    public static func all(of log: RunLog) -> [RoundScalars] {
        var rounds = log.serverAccuracies.indices.map { index in
            var figures = Figures(round: index + 1, score: log.score)
            figures.accuracy = log.serverAccuracies[index]
            figures.loss = element(log.serverLosses, index) ?? nil
            figures.metrics = log.roundMetrics.compactMapValues { element($0, index) ?? nil }
            figures.seconds = element(log.timings.roundSeconds, index)
            return figures
        }
        for client in log.clientIDs {
            for part in log.rounds(of: client) where rounds.indices.contains(part.round - 1) {
                rounds[part.round - 1].clients.append((client, part))
            }
        }
        return rounds.map(RoundScalars.init)
    }

    private static func element<Value>(_ values: [Value], _ index: Int) -> Value? {
        values.indices.contains(index) ? values[index] : nil
    }

    private init(_ figures: Figures) {
        round = figures.round
        values = figures.scalars.compactMap { tag, value in
            guard let value, Float(value).isFinite else { return nil }
            return (tag, Float(value))
        }
        .sorted { $0.tag < $1.tag }
    }

    /// Whether rounds and scalars are the same.
    public static func == (one: RoundScalars, other: RoundScalars) -> Bool {
        one.round == other.round && one.values.elementsEqual(other.values, by: ==)
    }
}

/// What is known of a round, wherever from.
private struct Figures {
    var round: Int
    var score: RunLog.Score
    var accuracy: Double?
    var loss: Double?
    var metrics: [String: Double] = [:]
    var seconds: Double?
    /// By ascending numbers.
    var clients: [(client: Int, part: ClientRound)] = []

    init(round: Int, score: RunLog.Score) {
        self.round = round
        self.score = score
    }

    var scalars: [(tag: String, value: Double?)] {
        let name = score == .accuracy ? "accuracy" : "r2"
        let measures: [(name: String, of: (ClientRound) -> Double?)] = [
            (name, { $0.accuracy }), ("loss", { $0.loss }), ("update_norm", { $0.updateNorm }),
            ("update_cosine", { $0.updateCosine }),
        ]
        var scalars: [(tag: String, value: Double?)] = [
            ("server/\(name)", accuracy), ("server/loss", loss), (RoundScalars.secondsTag, seconds),
            ("round/participants", Double(clients.count { $0.part.samples > 0 })),
        ]
        scalars += metrics.map { ("metrics/\($0.key)", $0.value) }
        for (name, measure) in measures {
            let values = clients.compactMap { measure($0.part) }.filter(\.isFinite)
            let mean = values.reduce(0, +) / Double(values.count)
            scalars += [
                ("clients/\(name)/mean", mean), ("clients/\(name)/min", values.min()),
                ("clients/\(name)/max", values.max()),
            ]
            scalars += clients.filter { $0.client < RoundScalars.clientsShown }
                .map { ("client/\($0.client)/\(name)", measure($0.part)) }
        }
        return scalars
    }
}
