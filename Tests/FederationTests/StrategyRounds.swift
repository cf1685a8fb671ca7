import Federation
import Parameters
import Testing

/// What one client hands in.
struct Part {
    var client: Int
    var samples = 1
    var model: [Float]
    var work = LocalWork(steps: 1, learningRate: 0.5)

    var update: ModelUpdate {
        ModelUpdate(
            client: client, round: 1, sampleCount: samples, parameters: ParameterVector(model))
    }
}

extension Strategy {
    /// What `parts` add to a round that began with `state`.
    func contributions(
        _ parts: [Part], after state: FederationState
    ) throws -> [Contribution] {
        try parts.map {
            try contribution(of: $0.update, after: state, work: $0.work).contribution
        }
    }

    /// The state after a round with these parts, as those who drive rounds make it.
    func round(
        _ parts: [Part], after state: FederationState, population: Int = 4
    ) throws -> FederationState {
        let contributions = try contributions(parts, after: state)
        var fold = makeFold(state.model.count)
        for contribution in contributions { try fold.add([contribution], threads: 1) }
        return try next(&fold, contributions, after: state, population: population)
    }

    /// An empty fold of models of so many parameters.
    func makeFold(_ count: Int) -> any Fold {
        aggregator.makeFold(ParameterLayout([("w", [count])]))
    }

    /// What is known after the round, what clients keep included.
    func next(
        _ fold: inout any Fold, _ contributions: [Contribution] = [],
        after state: FederationState, population: Int
    ) throws(AggregationError) -> FederationState {
        var next = try next(
            &fold, after: state,
            RoundContext(round: 1, population: population, seed: 1, model: state.model),
            layout: ParameterLayout([("w", [state.model.count])])
        ).state
        for part in contributions where !part.clientState.isEmpty {
            next.clients[part.client, default: [:]].merge(part.clientState) { _, new in new }
        }
        return next
    }
}

extension FederationState {
    /// A federation that begins with that model.
    init(_ model: [Float]) { self.init(model: ParameterVector(model)) }
}

extension ParameterVector {
    var values: [Float] { array(in: 0..<count) }

    /// Whether each number is as near to the expected as `tolerance`, of its magnitude or of 1.
    func isNear(_ expected: [Double], _ tolerance: Double = 1e-6) -> Bool {
        count == expected.count
            && zip(values, expected).allSatisfy {
                abs(Double($0) - $1) <= tolerance * max(1, abs($1))
            }
    }
}

/// Every strategy, adaptive and others, with settings that change something.
let everyStrategy: [Strategy] = [
    .fedAvg, .fedSGD, .fedProx(mu: 0.1), .scaffold(), .scaffold(learningRate: 0.5), .fedNova(),
    .fedNova(learningRate: 1.5), .fedAvgM(), .fedAvgM(learningRate: 0.5, momentum: 0),
    .adaptive(ServerOptimizer(.adagrad, learningRate: 0.1)),
    .adaptive(ServerOptimizer(.adam, learningRate: 0.1)),
    .adaptive(ServerOptimizer(.yogi, learningRate: 0.1)),
]
