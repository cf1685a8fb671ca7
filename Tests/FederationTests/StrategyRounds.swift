import Tensors
import Testing
import Federation

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
        try parts.map { try contribution(of: $0.update, after: state, work: $0.work) }
    }

    /// The state after a round with these parts, as those who drive rounds make it.
    func round(
        _ parts: [Part], after state: FederationState, population: Int = 4
    ) throws -> FederationState {
        let contributions = try contributions(parts, after: state)
        var sum = RoundAggregate(self, layout: ParameterLayout([("w", [state.model.count])]))
        for contribution in contributions { try sum.add([contribution]) }
        return try sum.next(contributions, after: state, population: population)
    }
}

extension RoundAggregate {
    /// What is known after the round, what clients keep included.
    mutating func next(
        _ contributions: [Contribution], after state: FederationState, population: Int
    ) throws -> FederationState {
        var next = try next(after: state, population: population)
        for part in contributions {
            if let own = part.clientState { next.clients[part.client] = own }
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
