import Parameters

/// The mean Σ w_i v_i / Σ w_i, exact and rounded once: no order of arrival changes a bit.
public struct ExactMean: Aggregator {
    /// The mean.
    public init() {}

    /// Two words a parameter, whatever the number of updates.
    public var memory: AggregatorMemory { .constant }
    /// "mean".
    public var description: String { "mean" }

    /// An `ExactMeanFold` that has nothing in it yet.
    public func makeFold(_ layout: ParameterLayout) -> any Fold { ExactMeanFold(layout) }
}

/// The sums of a round's contributions.
public struct ExactMeanFold: SummingFold {
    /// What is known of the sums but for their words.
    public struct Totals: Codable, Sendable, Hashable {
        fileprivate var values: ExactAccumulator.Totals
        fileprivate var extras: [String: ExactAccumulator.Totals]
        fileprivate var numbers: FoldedNumbers
        fileprivate var areChanges: Bool?

        /// Whether what both are of can be added.
        fileprivate func isLike(_ other: Totals) -> Bool {
            areChanges == other.areChanges && extras.keys == other.extras.keys
        }
    }

    private let layout: ParameterLayout
    private var values: ExactAccumulator
    private var extras: [String: ExactAccumulator] = [:]
    private var numbers = FoldedNumbers()
    /// Whether what is added are changes; nil before the first.
    private var areChanges: Bool?

    /// Empty sums of models with that layout.
    public init(_ layout: ParameterLayout) {
        self.layout = layout
        values = ExactAccumulator(layout: layout)
    }

    /// How many contributions have been added.
    public var count: Int { values.updateCount }

    /// Throws what `add` would throw, and changes nothing.
    public func check(_ contribution: Contribution) throws(AggregationError) {
        try check(contentsOf: [contribution])
    }

    /// Adds contributions on so many threads, or none if one is refused.
    /// - Throws: `AggregationError`.
    public mutating func add(
        _ contributions: [Contribution], threads: Int
    ) throws(AggregationError) {
        try check(contentsOf: contributions)
        let names = contributions.first?.extras.map(\.name) ?? []
        for name in names {
            try extras[name, default: ExactAccumulator(layout: layout)]
                .add(
                    contentsOf: contributions.compactMap { $0.weighted(name) }, threads: threads)
        }
        try values.add(contentsOf: contributions.map(\.weighted), threads: threads)
        for contribution in contributions {
            areChanges = contribution.value.isChange
            numbers.add(contribution)
        }
    }

    /// The mean of what has been added, each parameter rounded once to Float.
    /// - Throws: `AggregationError.noUpdates` when nothing has been added.
    public mutating func finish(threads: Int) throws(AggregationError) -> Aggregate {
        let mean = try values.mean(threads: threads)
        var means: [String: ParameterVector] = [:]
        for name in extras.keys.sorted() { means[name] = try extras[name]?.mean(threads: threads) }
        return Aggregate(
            value: areChanges == true ? .change(mean) : .model(mean), extras: means,
            numbers: numbers.means, weight: values.sampleCount, count: count)
    }

    /// All that must hold before any of them is added.
    private func check(contentsOf contributions: [Contribution]) throws(AggregationError) {
        guard let first = contributions.first else { return }
        let isChange = areChanges ?? first.value.isChange
        let names = count == 0 ? first.extras.map(\.name) : Array(extras.keys)
        for contribution in contributions
        where contribution.value.isChange != isChange
            || contribution.extras.map(\.name).sorted() != names.sorted()
        {
            throw .unlikeOthers(client: contribution.client)
        }
        for name in names {
            let updates = contributions.compactMap { $0.weighted(name) }
            guard let sum = extras[name] else {
                try ExactAccumulator.checkFirst(updates, layout: layout)
                continue
            }
            try sum.check(contentsOf: updates)
        }
        try values.check(contentsOf: contributions.map(\.weighted))
    }

    // MARK: Processes that share a round

    /// Counts, largest magnitudes and numbers of this process's part.
    public var totals: Totals {
        Totals(
            values: values.totals, extras: extras.mapValues(\.totals), numbers: numbers,
            areChanges: areChanges)
    }

    /// What is known of two processes' sums together.
    /// - Throws: `AggregationError.mergeOverflow`, and `.refused` where one sums models and the other changes.
    public static func adding(
        _ one: Totals, _ other: Totals
    ) throws(AggregationError) -> Totals {
        guard one.values.updateCount == 0 || other.values.updateCount == 0 || one.isLike(other)
        else {
            throw .refused(
                reason: "processes that share the round have updates of different makes: "
                    + "changes among models, or with other vectors beside them")
        }
        var sum = one
        sum.values = try one.values.adding(other.values)
        for (name, totals) in other.extras {
            sum.extras[name] = try sum.extras[name]?.adding(totals) ?? totals
        }
        sum.numbers = one.numbers.merging(other.numbers)
        sum.areChanges = one.areChanges ?? other.areChanges
        return sum
    }

    /// Adds the words that other processes have summed; see `SummingFold`.
    public mutating func reduce(
        to whole: Totals, _ addingWords: (UnsafeMutableBufferPointer<Int64>) -> Void
    ) {
        values.reduce(to: whole.values, addingWords)
        // A process that had no client of this round has the rows all the same.
        for name in whole.extras.keys.sorted() {
            guard let totals = whole.extras[name] else { continue }
            extras[name, default: ExactAccumulator(layout: layout)]
                .reduce(to: totals, addingWords)
        }
        numbers = whole.numbers
        areChanges = whole.areChanges
    }
}
