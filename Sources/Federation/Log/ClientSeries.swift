/// What clients did, by client and round, in one of two forms.
///
/// Where all take part in all rounds, whole lists with a place for every round, as the log's keys have
/// them. Where small cohorts of a large population take part, such lists would grow with clients ever seen
/// times rounds and hold next to nothing: from `wholeLimit` on it is only what there is.
struct ClientSeries: Equatable, Sendable {
    /// Places in whole lists, clients times rounds, that may be mostly empty.
    static let wholeLimit = 100_000

    /// Whole lists: nil, 0 or [] where a client had no part in a round.
    struct Whole: Equatable, Sendable {
        var accuracies: [Int: [Double?]] = [:]
        var losses: [Int: [Double?]] = [:]
        var samples: [Int: [Int]] = [:]
        var classCounts: [Int: [[Int]]] = [:]
        /// Empty until some client has one; the same for cosines.
        var updateNorms: [Int: [Double?]] = [:]
        var updateCosines: [Int: [Double?]] = [:]

        var clients: Set<Int> {
            Set(accuracies.keys).union(losses.keys).union(samples.keys).union(classCounts.keys)
                .union(updateNorms.keys).union(updateCosines.keys)
        }
    }

    /// In the first form; empty in the second.
    private var lists = Whole()
    /// In the second form, each client's rounds, ascending; nil in the first.
    private(set) var parts: [Int: [ClientRound]]?

    init() {}

    /// What a log holds in the second form.
    init(parts: [Int: [ClientRound]]) {
        self.parts = parts
    }

    /// Adds the round after `before` others.
    /// - Parameter classCounts: nil where they are not to be spoken of.
    mutating func append(
        _ clients: [RoundRecord.Client], classCounts: [Int: [Int]]?, after before: Int
    ) {
        guard parts == nil else { return appendParts(clients, classCounts, after: before) }
        appendWhole(clients, classCounts, after: before)
        let known = lists.accuracies.count
        if known * (before + 1) > Self.wholeLimit, clients.count < known / 2 {
            parts = Dictionary(uniqueKeysWithValues: lists.clients.map { ($0, rounds(of: $0)) })
            lists = Whole()
        }
    }

    private mutating func appendWhole(
        _ clients: [RoundRecord.Client], _ classCounts: [Int: [Int]]?, after before: Int
    ) {
        for part in clients where lists.accuracies[part.client] == nil {
            lists.accuracies[part.client] = Array(repeating: nil, count: before)
        }
        let parts = Dictionary(uniqueKeysWithValues: clients.map { ($0.client, $0) })
        for client in lists.accuracies.keys {
            let evaluation = parts[client]?.evaluation
            lists.accuracies[client, default: []].append(finite(evaluation?.accuracy))
            lists.losses[client, default: Array(repeating: nil, count: before)].append(
                finite(evaluation?.loss))
            lists.samples[client, default: Array(repeating: 0, count: before)].append(
                parts[client]?.sampleCount ?? 0)
            guard let classCounts else { continue }
            lists.classCounts[client, default: Array(repeating: [], count: before)].append(
                classCounts[client] ?? [])
        }
        append(clients.map { ($0.client, finite($0.updateNorm)) }, to: \.updateNorms, before)
        append(clients.map { ($0.client, finite($0.updateCosine)) }, to: \.updateCosines, before)
    }

    /// Adds a round to lists that are not begun before there is a number for them.
    private mutating func append(
        _ found: [(client: Int, value: Double?)],
        to series: WritableKeyPath<Whole, [Int: [Double?]]>, _ before: Int
    ) {
        guard !lists[keyPath: series].isEmpty || found.contains(where: { $0.value != nil }) else {
            return
        }
        let values = Dictionary(uniqueKeysWithValues: found)
        for client in lists.accuracies.keys {
            lists[keyPath: series][client, default: Array(repeating: nil, count: before)]
                .append(values[client] ?? nil)
        }
    }

    private mutating func appendParts(
        _ clients: [RoundRecord.Client], _ classCounts: [Int: [Int]]?, after before: Int
    ) {
        for part in clients {
            let round = ClientRound(
                round: before + 1, accuracy: finite(part.evaluation?.accuracy),
                loss: finite(part.evaluation?.loss), samples: part.sampleCount ?? 0,
                classCounts: classCounts?[part.client] ?? [],
                updateNorm: finite(part.updateNorm), updateCosine: finite(part.updateCosine))
            // Whoever came to nothing has been seen, no more: as if it had been in a whole list.
            parts?[part.client, default: []] += round.isEmpty ? [] : [round]
        }
    }

    /// All clients that had a part in any round.
    var clients: Set<Int> { parts.map { Set($0.keys) } ?? lists.clients }

    /// A client's rounds that anything came of, ascending.
    func rounds(of client: Int) -> [ClientRound] {
        if let parts { return parts[client] ?? [] }
        let (accuracies, losses) = (lists.accuracies[client] ?? [], lists.losses[client] ?? [])
        let (samples, counts) = (lists.samples[client] ?? [], lists.classCounts[client] ?? [])
        let (norms, cosines) = (lists.updateNorms[client] ?? [], lists.updateCosines[client] ?? [])
        let count = max(
            accuracies.count, losses.count, samples.count, counts.count, norms.count, cosines.count)
        return (0..<count).compactMap { index in
            let round = ClientRound(
                round: index + 1, accuracy: index < accuracies.count ? accuracies[index] : nil,
                loss: index < losses.count ? losses[index] : nil,
                samples: index < samples.count ? samples[index] : 0,
                classCounts: index < counts.count ? counts[index] : [],
                updateNorm: index < norms.count ? norms[index] : nil,
                updateCosine: index < cosines.count ? cosines[index] : nil)
            return round.isEmpty ? nil : round
        }
    }

    /// Everything in the first form, with a place for each of so many rounds.
    func whole(rounds: Int) -> Whole {
        guard let parts else { return lists }
        var lists = Whole()
        let all = parts.values.joined()
        let haveNorms = all.contains { $0.updateNorm != nil }
        let haveCosines = all.contains { $0.updateCosine != nil }
        for (client, own) in parts {
            var accuracies = [Double?](repeating: nil, count: rounds)
            var (losses, samples) = (accuracies, [Int](repeating: 0, count: rounds))
            var counts = [[Int]](repeating: [], count: rounds)
            var (norms, cosines) = (accuracies, accuracies)
            for part in own where part.round <= rounds {
                accuracies[part.round - 1] = part.accuracy
                losses[part.round - 1] = part.loss
                samples[part.round - 1] = part.samples
                counts[part.round - 1] = part.classCounts
                norms[part.round - 1] = part.updateNorm
                cosines[part.round - 1] = part.updateCosine
            }
            lists.accuracies[client] = accuracies
            lists.losses[client] = losses
            lists.samples[client] = samples
            lists.classCounts[client] = counts
            if haveNorms { lists.updateNorms[client] = norms }
            if haveCosines { lists.updateCosines[client] = cosines }
        }
        return lists
    }

    /// Brings everything into the first form and lends it for changes.
    mutating func change<Result>(rounds: Int, _ body: (inout Whole) -> Result) -> Result {
        if parts != nil {
            lists = whole(rounds: rounds)
            parts = nil
        }
        return body(&lists)
    }
}

/// The number, if it is one.
func finite(_ value: Double?) -> Double? {
    value.flatMap { $0.isFinite ? $0 : nil }
}
