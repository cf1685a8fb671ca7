import Federation
import Parameters
import TestThreads
import Testing

/// How far updates move the model, against the definition in Double.
@Suite("What updates measure", .holdsItsThread)
struct ChangeMeasureTests {
    private func vector(_ count: Int, _ random: inout RandomStream) -> ParameterVector {
        ParameterVector((0..<count).map { _ in Float(random.nextUniform() - 0.5) })
    }

    private func measure(
        _ value: UpdateValue, after state: FederationState, _ strategy: Strategy = .fedAvg
    ) throws -> ChangeMeasure {
        let update = ClientUpdate(
            client: 0, round: 2, sampleCount: 5, value: value, isPrepared: true)
        return try strategy.contribution(
            of: update, after: state, work: LocalWork(steps: 1, learningRate: 0.1)
        ).change
    }

    private func expected(
        _ change: [Double], _ state: FederationState
    ) -> (norm: Double, cosine: Double?) {
        let norm = change.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard let previous = state.previous else { return (norm, nil) }
        let model = state.model.array(in: 0..<state.model.count)
        let before = previous.array(in: 0..<model.count)
        let other = zip(model, before).map { Double($0) - Double($1) }
        let length = other.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let product = zip(change, other).reduce(0) { $0 + $1.0 * $1.1 }
        return (norm, product / (norm * length))
    }

    private func isClose(
        _ found: ChangeMeasure, _ wanted: (norm: Double, cosine: Double?)
    ) -> Bool {
        guard let norm = found.norm, let cosine = found.cosine, let other = wanted.cosine else {
            return false
        }
        return abs(norm - wanted.norm) <= 1e-12 * wanted.norm && abs(cosine - other) <= 1e-12
    }

    @Test("Norm and cosine are those of the definition", arguments: [1, 15, 16, 17, 4096, 10_001])
    func definition(count: Int) throws {
        var random = RandomStream(RandomKey(seed: 7, purpose: .benchmark))
        var state = FederationState(model: vector(count, &random))
        let moved = vector(count, &random)
        let numbers = zip(moved.array(in: 0..<count), state.model.array(in: 0..<count))
        let change = numbers.map { Double($0) - Double($1) }
        let first = try measure(.model(moved), after: state)
        #expect(first.cosine == nil)
        state.previous = vector(count, &random)
        let second = try measure(.model(moved), after: state)
        #expect(second.norm == first.norm)
        let wanted = expected(change, state)
        #expect(isClose(second, wanted))
        // A change in place of a model is measured as it is.
        let own = try measure(.change(moved), after: state)
        let ownWanted = expected(moved.array(in: 0..<count).map(Double.init), state)
        #expect(isClose(own, ownWanted))
    }

    @Test("What is zero has no direction, and what is no number no length")
    func nothing() throws {
        let model = ParameterVector([1, 2, 3])
        var state = FederationState(model: model, previous: ParameterVector([1, 2, 4]))
        #expect(try measure(.model(model), after: state) == ChangeMeasure(norm: 0))
        #expect(
            try measure(.model(ParameterVector([1, 2, 3])), after: state) == ChangeMeasure(norm: 0))
        // The global model stood still.
        state.previous = ParameterVector([1, 2, 3])
        #expect(
            try measure(.model(ParameterVector([1, 2, 5])), after: state) == ChangeMeasure(norm: 2))
        state.previous = ParameterVector([1, 2, 4])
        #expect(
            try measure(.model(ParameterVector([1, 2, 2])), after: state)
                == ChangeMeasure(norm: 1, cosine: 1))
        #expect(
            try measure(.model(ParameterVector([1, .nan, 2])), after: state) == ChangeMeasure())
    }

    @Test("It is of what was sent, not of what a server's transform makes of it")
    func server() throws {
        let state = FederationState(model: ParameterVector([0, 0]))
        let strategy = Strategy("Test", transforms: [NormalizedChange()])
        let update = ClientUpdate(
            client: 0, round: 1, sampleCount: 5, value: .model(ParameterVector([3, 4])),
            isPrepared: true)
        let made = try strategy.contribution(
            of: update, after: state, work: LocalWork(steps: 10, learningRate: 0.1))
        #expect(made.change.norm == 5)
        #expect(made.value.vector == ParameterVector([0.3, 0.4]))
    }

    @Test("The state after a round remembers the model before it")
    func previous() throws {
        let strategy = Strategy.fedAvg
        let state = FederationState(model: ParameterVector([1, 2]))
        var fold: any Fold = strategy.aggregator.makeFold(ParameterLayout([("all", [2])]))
        let update = ModelUpdate(
            client: 0, round: 1, sampleCount: 5, parameters: ParameterVector([2, 2]))
        let made = try strategy.contribution(
            of: update, after: state, work: LocalWork(steps: 1, learningRate: 0.1))
        try fold.add([made.contribution], threads: 1)
        let next = try strategy.next(
            &fold, after: state,
            RoundContext(round: 1, population: 1, seed: 0, model: state.model))
        #expect(next.state.previous == state.model)
        #expect(next.state.model == ParameterVector([2, 2]))
    }
}
