import Federation
import Foundation

/// What committed rounds say for a page: curves, bands, and each client as it was last and round by round.
///
/// It is the one way from rounds to a `RunState`, whether they come from a log, from a store or from a run
/// that goes on; what is known at the moment alone, as who is there, is added by whoever knows it. A round
/// more costs what its own clients cost.
public struct RunTrace: Sendable {
    /// Clients that a state lists at most.
    public static let clientLimit = 200

    /// The rounds.
    public private(set) var rounds: [RunState.Round] = []
    /// What the last test measured beside accuracy and loss.
    public private(set) var results: RunState.Results?
    /// Each client that had a part in a round.
    private var clients: [Int: Part] = [:]
    /// Whether clients' histories are kept: until clients times rounds are too many.
    private var keepsHistories = true

    /// What is known of a client.
    private struct Part: Sendable {
        /// As it was when it was last heard of, number by number.
        var last = ClientRound(round: 0)
        /// The last round that it gave an update in.
        var lastUpdate: Int?
        var history = RunState.Client.History()
    }

    /// No rounds yet.
    public init() {}

    /// The rounds of a log.
    public init(_ log: RunLog) {
        let count = max(log.serverAccuracies.count, log.serverLosses.count)
        var byRound = [[(client: Int, part: ClientRound)]](repeating: [], count: count)
        for client in log.clientIDs {
            clients[client] = Part()
            for part in log.rounds(of: client) where (1...max(count, 1)).contains(part.round) {
                if count > 0 { byRound[part.round - 1].append((client, part)) }
            }
        }
        func number(_ index: Int, of values: [Double?]) -> Double? {
            index < values.count ? values[index] : nil
        }
        for index in 0..<count {
            append(
                RunState.Round(
                    round: index + 1, accuracy: number(index, of: log.serverAccuracies),
                    loss: number(index, of: log.serverLosses),
                    seconds: number(index, of: log.timings.roundSeconds)), byRound[index])
        }
        results = RunState.Results(log)
    }

    /// Adds a committed round.
    /// - Parameters:
    ///   - closedAt: when it was committed, where that is known.
    ///   - bytes: bytes that were sent and received for it.
    public mutating func append(
        _ committed: CommittedRound, closedAt: Date? = nil, bytes: Int? = nil
    ) {
        let record = committed.record
        var round = RunState.Round(
            round: record.round, accuracy: record.global?.accuracy, loss: record.global?.loss,
            seconds: committed.seconds, closedAt: closedAt)
        round.bytes = bytes
        append(
            round,
            record.clients.map { client in
                let part = ClientRound(
                    round: record.round, accuracy: finite(client.evaluation?.accuracy),
                    loss: finite(client.evaluation?.loss), samples: client.sampleCount ?? 0,
                    classCounts: committed.classCounts[client.client] ?? [],
                    updateNorm: finite(client.updateNorm),
                    updateCosine: finite(client.updateCosine))
                return (client.client, part)
            })
        results = RunState.Results(committed) ?? results
    }

    private mutating func append(
        _ round: RunState.Round, _ parts: [(client: Int, part: ClientRound)]
    ) {
        var round = round
        let accuracies = parts.compactMap(\.part.accuracy).sorted()
        if let low = accuracies.first, let high = accuracies.last {
            round.clients = low...high
            round.quantiles = Self.quantiles(ofSorted: accuracies)
        }
        rounds.append(round)
        for (client, part) in parts { note(part, of: client) }
        if keepsHistories, clients.count * rounds.count > RunState.Client.History.placeLimit {
            keepsHistories = false
            for client in clients.keys { clients[client]?.history = RunState.Client.History() }
        }
    }

    private mutating func note(_ part: ClientRound, of client: Int) {
        var known = clients.removeValue(forKey: client) ?? Part()
        if part.samples > 0 {
            known.last.samples = part.samples
            known.lastUpdate = part.round
            // Of an update that came, the figures are its own, or there are none.
            known.last.updateNorm = part.updateNorm
            known.last.updateCosine = part.updateCosine
        }
        if let accuracy = part.accuracy { known.last.accuracy = accuracy }
        if let loss = part.loss { known.last.loss = loss }
        if !part.classCounts.isEmpty { known.last.classCounts = part.classCounts }
        if keepsHistories {
            Self.set(part.accuracy, part.round, in: &known.history.accuracy)
            Self.set(part.loss, part.round, in: &known.history.loss)
            Self.set(part.updateNorm, part.round, in: &known.history.norm)
            Self.set(part.updateCosine, part.round, in: &known.history.cosine)
        }
        clients[client] = known
    }

    /// A number's six digits, which are enough to draw it, in a list that may end before.
    private static func set(_ value: Double?, _ round: Int, in list: inout [Double?]) {
        guard let value else { return }
        while list.count < round - 1 { list.append(nil) }
        list.append(Double(String(format: "%.6g", value)))
    }

    // MARK: What comes of it

    /// Ids of the clients that had a part in a round, ascending.
    public var clientIDs: [Int] { clients.keys.sorted() }

    /// Whether a client had a part in a round.
    public func knows(_ client: Int) -> Bool { clients[client] != nil }

    /// The last round that a client gave an update in.
    public func lastUpdate(of client: Int) -> Int? { clients[client]?.lastUpdate }

    /// A client as rounds show it: whoever knows more adds that.
    public func client(_ id: Int) -> RunState.Client {
        var shown = RunState.Client(client: id)
        guard let known = clients[id] else { return shown }
        shown.samples = known.last.samples > 0 ? known.last.samples : nil
        shown.accuracy = known.last.accuracy
        shown.loss = known.last.loss
        shown.classCounts = known.last.classCounts
        shown.norm = known.last.updateNorm
        shown.cosine = known.last.updateCosine
        if keepsHistories, !rounds.isEmpty {
            var history = known.history
            for series in [\RunState.Client.History.accuracy, \.loss, \.norm, \.cosine] {
                let missing = rounds.count - history[keyPath: series].count
                history[keyPath: series] += [Double?](repeating: nil, count: max(0, missing))
            }
            shown.history = history
        }
        return shown
    }

    /// Which of many clients are listed: of no more than the limit all, else those that took part last.
    public func listed(_ ids: [Int]) -> [Int] {
        guard ids.count > Self.clientLimit else { return ids }
        let newest = ids.map { (client: $0, last: lastUpdate(of: $0) ?? 0) }
            .sorted { ($1.last, $0.client) < ($0.last, $1.client) }
        return newest.prefix(Self.clientLimit).map(\.client)
    }

    /// Whether all clients gave an update in the last round: then nobody needs to be told for each.
    public var allAreLast: Bool { clients.values.allSatisfy { $0.lastUpdate == rounds.count } }

    /// Values at 0, 25, 50, 75 and 100 % of some that ascend, between two of them by a straight line.
    /// - Precondition: there is one.
    static func quantiles(ofSorted values: [Double]) -> [Double] {
        [0, 1, 2, 3, 4].map { quarter in
            let (whole, rest) = (quarter * (values.count - 1)).quotientAndRemainder(dividingBy: 4)
            guard rest > 0 else { return values[whole] }
            return values[whole] + (values[whole + 1] - values[whole]) * Double(rest) / 4
        }
    }
}

/// The number, if it is one.
private func finite(_ value: Double?) -> Double? {
    value.flatMap { $0.isFinite ? $0 : nil }
}
