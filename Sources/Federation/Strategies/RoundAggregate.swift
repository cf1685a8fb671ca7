import Tensors

/// One round's contributions, summed exactly and in any order, and what the strategy makes of them.
public struct RoundAggregate: Sendable {
    private let strategy: Strategy
    private var models: ExactAccumulator
    private var controls: ExactAccumulator?
    /// FedNova's n_i and a_i by client: their sum is taken in the order of clients.
    private var reaches: [Int: Reach] = [:]

    fileprivate struct Reach: Hashable, Codable {
        var samples: Int
        var reach: Double
    }

    /// An empty aggregate of models with that layout.
    public init(_ strategy: Strategy, layout: ParameterLayout) {
        self.strategy = strategy
        models = ExactAccumulator(layout: layout)
        if case .controlVariates = strategy.serverHalf { controls = models }
    }

    /// How many contributions have been added.
    public var count: Int { models.updateCount }

    /// Throws what `add` would throw, and changes nothing.
    public func check(_ contribution: Contribution) throws(AggregationError) {
        try models.check(contribution.update)
        if let control = contribution.control { try controls?.check(control) }
    }

    /// Adds contributions on so many threads, or none if one is refused.
    public mutating func add(
        _ contributions: [Contribution], threads: Int = 1
    ) throws(AggregationError) {
        let updates = contributions.map(\.update)
        let more = contributions.compactMap(\.control)
        if !more.isEmpty, controls != nil {
            // The control variates are changed only if the models are taken, too.
            try models.check(contentsOf: updates)
            try controls?.add(contentsOf: more, threads: threads)
        }
        try models.add(contentsOf: updates, threads: threads)
        for contribution in contributions {
            guard let reach = contribution.reach else { continue }
            reaches[contribution.client] = Reach(
                samples: contribution.update.sampleCount, reach: reach)
        }
    }

    /// Adds what other processes have summed, as `ExactAccumulator.reduce` does.
    /// - Precondition: the strategy's clients keep nothing: control variates stay in one process.
    public mutating func reduce(
        to whole: Totals, _ addingWords: (UnsafeMutableBufferPointer<Int64>) -> Void
    ) {
        precondition(controls == nil, "control variates are not summed across processes")
        models.reduce(to: whole.models, addingWords)
        reaches = whole.reaches
    }

    /// What is known of an aggregate but for its sums.
    public struct Totals: Hashable, Sendable, Codable {
        fileprivate var models: ExactAccumulator.Totals
        fileprivate var reaches: [Int: Reach]

        /// What is known of this aggregate and another together.
        /// - Throws: `AggregationError.mergeOverflow`.
        public func adding(_ other: Totals) throws(AggregationError) -> Totals {
            Totals(
                models: try models.adding(other.models),
                reaches: reaches.merging(other.reaches) { mine, _ in mine })
        }
    }

    /// What is known of the aggregate but for its sums.
    public var totals: Totals { Totals(models: models.totals, reaches: reaches) }

    /// The state after the round, but for `clients`, which each contribution has its own of.
    /// - Parameter population: N, all clients of the run.
    /// - Throws: `AggregationError.noUpdates` when nothing has been added, and `.resultNotFinite` where
    ///   the strategy's step leads out of what a Float holds: the run has diverged then.
    public mutating func next(
        after state: FederationState, population: Int
    ) throws(AggregationError) -> FederationState {
        let next = try step(after: state, population: population)
        // Every model that leaves here is committed, tested or not.
        let vectors = [("the new global model", next.model)]
        let names = strategy.serverHalf.vectorNames
        for (name, vector) in vectors + zip(names, next.optimizer) {
            guard let index = vector.inspect().firstNonFinite,
                let found = NonFiniteNumber(vector.array(in: index..<index + 1)[0])
            else { continue }
            throw .resultNotFinite(
                vector: name, found: found, at: ParameterPlace(index: index, layout: models.layout))
        }
        return next
    }

    private mutating func step(
        after state: FederationState, population: Int
    ) throws(AggregationError) -> FederationState {
        let mean = try models.mean()
        var next = state
        switch strategy.serverHalf {
        case .average:
            next.model = mean
        case .optimizer(let optimizer):
            next = optimizer.step(state, mean: mean)
        case .normalizedAverage(let learningRate):
            let step = learningRate * effectiveReach
            next.model = ParameterVector.map(state.model, mean) { x, change in
                Float(Double(x) + step * Double(change))
            }
        case .controlVariates(let learningRate):
            next.model =
                learningRate == 1
                ? mean
                : ParameterVector.map(state.model, mean) { x, mean in
                    Float(Double(x) + learningRate * (Double(mean) - Double(x)))
                }
            guard var controls else { return next }
            let share = Double(count) / Double(population)
            let before = state.optimizer.first ?? ParameterVector(zeros: state.model.count)
            next.optimizer = [
                ParameterVector.map(before, try controls.mean()) { c, mean in
                    Float(Double(c) + share * (Double(mean) - Double(c)))
                }
            ]
        }
        return next
    }

    /// τ_eff = Σ n_i a_i / Σ n_i.
    private var effectiveReach: Double {
        let ascending = reaches.sorted { $0.key < $1.key }.map(\.value)
        let all = ascending.reduce(0) { $0 + $1.samples }
        return ascending.reduce(0) { $0 + Double($1.samples) * $1.reach } / Double(max(all, 1))
    }
}
