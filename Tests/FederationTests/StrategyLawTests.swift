import Federation
import Parameters
import TestThreads
import Testing

/// Rounds with random models: what holds for every strategy.
@Suite("Laws of all strategies", .holdsItsThread)
struct StrategyLawTests {
    private static let size = 37

    private func model(_ random: inout RandomStream, _ scale: Double = 1) -> [Float] {
        (0..<Self.size).map { _ in Float(random.nextUniform(-scale, scale)) }
    }

    /// Clients with unequal samples, steps and models.
    private func parts(_ random: inout RandomStream, _ clients: [Int]) -> [Part] {
        clients.map { client in
            Part(
                client: client, samples: random.next(in: 1...90), model: model(&random),
                work: LocalWork(
                    steps: random.next(in: 1...20), learningRate: 0.1, momentum: 0.5))
        }
    }

    private func stream(_ seed: UInt64) -> RandomStream {
        RandomStream(RandomKey(seed: seed, purpose: .benchmark))
    }

    @Test("The order of clients changes no bit, over rounds", arguments: everyStrategy)
    func order(strategy: Strategy) throws {
        var random = stream(1)
        let start = FederationState(model(&random))
        let rounds = [[1, 2, 3, 4, 5, 6, 7], [7, 3, 9, 8], [2, 3]].map { parts(&random, $0) }
        func run(_ shuffle: (inout [Part]) -> Void) throws -> FederationState {
            try rounds.reduce(start) { state, parts in
                var parts = parts
                shuffle(&parts)
                return try strategy.round(parts, after: state, population: 9)
            }
        }
        let expected = try run { _ in }
        #expect(expected.model != start.model)
        for _ in 0..<20 {
            let found = try run { random.shuffle(&$0) }
            #expect(found == expected)
        }
    }

    @Test("Contributions all at once, one by one, or on threads: no bit", arguments: everyStrategy)
    func batches(strategy: Strategy) throws {
        var random = stream(2)
        let start = FederationState(model(&random))
        let parts = parts(&random, Array(1...9))
        let expected = try strategy.round(parts, after: start, population: 20)
        let contributions = try strategy.contributions(parts, after: start)
        for threads in 1...3 {
            var sum = strategy.makeFold(Self.size)
            try sum.add(contributions, threads: threads)
            #expect(sum.count == 9)
            #expect(
                try strategy.next(&sum, contributions, after: start, population: 20) == expected)
        }
    }

    @Test("The folds of several processes are one", arguments: everyStrategy)
    func reduce(strategy: Strategy) throws {
        var random = stream(3)
        let start = try strategy.round(
            parts(&random, [1, 2, 3]), after: FederationState(model(&random)))
        let contributions = try strategy.contributions(parts(&random, [1, 2, 3, 4]), after: start)
        var whole = strategy.makeFold(Self.size)
        try whole.add(contributions, threads: 1)
        let expected = try strategy.next(&whole, contributions, after: start, population: 4)
        for cut in 0...4 {
            var left = strategy.makeFold(Self.size)
            var right = strategy.makeFold(Self.size)
            try left.add(Array(contributions.prefix(cut)), threads: 1)
            try right.add(Array(contributions.dropFirst(cut)), threads: 1)
            var both = try #require(try reduced(left, right))
            #expect(both.count == 4)
            #expect(
                try strategy.next(&both, contributions, after: start, population: 4) == expected)
        }
    }

    @Test("Equal clients give that client")
    func equalClients() throws {
        var random = stream(4)
        let start = FederationState(model(&random))
        let client = Part(
            client: 1, samples: 3, model: model(&random),
            work: LocalWork(steps: 7, learningRate: 0.1, momentum: 0.9))
        let clients = (1...5).map { id in
            var copy = client
            copy.client = id
            copy.samples = 3 * id
            return copy
        }
        for strategy in [Strategy.fedAvg, .fedSGD, .fedProx(mu: 1), .scaffold()] {
            let next = try strategy.round(clients, after: start, population: 5)
            #expect(next.model.values == client.model, "\(strategy.name)")
        }
        // Divided by a client's reach and multiplied by all clients': not the very bits.
        let nova = try Strategy.fedNova().round(clients, after: start, population: 5)
        #expect(nova.model.isNear(client.model.map(Double.init), 1e-6))
        // For all: five that are equal are as one.
        for strategy in everyStrategy {
            let many = try strategy.round(clients, after: start, population: 5)
            let one = try strategy.round([client], after: start, population: 5)
            if strategy.server is NormalizedStep {
                #expect(many.model.isNear(one.model.values.map(Double.init), 1e-6))
            } else {
                #expect(many.model == one.model, "\(strategy.description)")
            }
        }
    }

    /// But for SCAFFOLD's control variates, in which each client counts once.
    @Test("A client with twice the samples counts as two", arguments: everyStrategy)
    func weights(strategy: Strategy) throws {
        var random = stream(5)
        let start = FederationState(model(&random))
        let others = parts(&random, [1, 2])
        var double = parts(&random, [3])[0]
        double.samples = 20
        let halves = [3, 4].map { id in
            var half = double
            half.client = id
            half.samples = 10
            return half
        }
        let one = try strategy.round(others + [double], after: start, population: 9)
        let two = try strategy.round(others + halves, after: start, population: 9)
        #expect(one.model == two.model)
        if strategy.hasClientState {
            #expect(one.clients[3] == two.clients[3])
            #expect(two.clients[4] == two.clients[3])
        } else {
            #expect(one == two)
        }
    }

    @Test("At μ = 0, and at β = 0 and η = 1, the bits are FedAvg's")
    func plainSettings() throws {
        var random = stream(6)
        var states = [FederationState](repeating: FederationState(model(&random)), count: 3)
        for _ in 1...3 {
            let parts = parts(&random, [1, 2, 3])
            for (index, strategy) in [
                Strategy.fedAvg, .fedProx(mu: 0), .fedAvgM(learningRate: 1, momentum: 0),
            ].enumerated() {
                states[index] = try strategy.round(parts, after: states[index])
            }
        }
        #expect(states[1] == states[0])
        #expect(states[2] == states[0])
    }

    @Test("A contribution that is refused changes nothing", arguments: everyStrategy)
    func refused(strategy: Strategy) throws {
        var random = stream(7)
        let start = FederationState(model(&random))
        let contributions = try strategy.contributions(parts(&random, [1, 2, 3]), after: start)
        var sum = strategy.makeFold(Self.size)
        try sum.add(contributions, threads: 1)
        var before = sum
        let expected = try strategy.next(
            &before, contributions, after: start, population: 4)

        var broken = Part(client: 4, samples: 5, model: model(&random))
        broken.model[3] = .nan
        var large = Part(client: 4, samples: 1 << 28, model: model(&random))
        large.model[5] = 0x1p36
        var controlled = Part(client: 4, samples: 5, model: model(&random))
        controlled.work = LocalWork(steps: 1, learningRate: 1e-30)
        var bad = [broken, large]
        // The model is right, but (x − y) / (K η) is beyond what its sum takes.
        if strategy.hasClientState { bad.append(controlled) }
        for part in bad {
            let contribution: Contribution
            do {
                contribution = try strategy.contribution(
                    of: part.update, after: start, work: part.work
                ).contribution
            } catch {
                // What a client would keep of it is looked at before the sum sees it.
                #expect(strategy.hasClientState)
                continue
            }
            #expect(throws: AggregationError.self) { try sum.check(contribution) }
            #expect(throws: AggregationError.self) { try sum.add([contribution], threads: 1) }
            // With good ones, too: all or none.
            #expect(throws: AggregationError.self) {
                try sum.add([contributions[0], contribution], threads: 1)
            }
            #expect(sum.count == 3)
            var copy = sum
            #expect(
                try strategy.next(&copy, contributions, after: start, population: 4) == expected)
        }
        let short = ModelUpdate(
            client: 4, round: 1, sampleCount: 1, parameters: ParameterVector([1, 2]))
        let error = AggregationError.wrongLength(client: 4, found: 2, expected: Self.size)
        #expect(throws: error) {
            try strategy.contribution(
                of: short, after: start, work: LocalWork(steps: 1, learningRate: 1))
        }
    }

    /// What leads out of a Float's range: a server's rate, or what it has kept.
    private static let divergent: [(Strategy, FederationState, String)] = [
        (.fedNova(learningRate: 1e39), FederationState([1, 2]), "the new global model"),
        (.scaffold(learningRate: 1e39), FederationState([1, 2]), "the new global model"),
        (.fedAvgM(learningRate: 1e39), FederationState([1, 2]), "the new global model"),
        (.fedAvgM(learningRate: 1e300), FederationState([1, 2]), "the new global model"),
        (
            .fedAvgM(learningRate: 2),
            FederationState(
                model: ParameterVector([0, 2]),
                vectors: ["velocity v": ParameterVector([3.4e38, 0])]),
            "the new global model"
        ),
        (
            .adaptive(ServerOptimizer(.adam, learningRate: 1, tau: 1e-300)),
            FederationState([1, 2]), ""
        ),
        (
            .adaptive(ServerOptimizer(.adagrad, learningRate: 1, tau: 1e30)),
            FederationState([1, 2]), "the server's second moment v"
        ),
        (
            .adaptive(ServerOptimizer(.yogi, learningRate: 1e39)), FederationState([1, 2]),
            "the new global model"
        ),
        (
            .adaptive(ServerOptimizer(.adagrad, learningRate: 1)),
            FederationState([-3e38, 2]), "the server's second moment v"
        ),
    ]

    @Test("A step out of a Float's range is an error that says where, and no state")
    func divergence() throws {
        for (strategy, state, vector) in Self.divergent {
            let parts = [Part(client: 1, model: [5, 2]), Part(client: 2, model: [7, 2])]
            let contributions = try strategy.contributions(parts, after: state)
            var sum = strategy.makeFold(2)
            try sum.add(contributions, threads: 1)
            do {
                let next = try strategy.next(&sum, after: state, population: 2)
                #expect(vector.isEmpty, "\(strategy) went on to \(next)")
                #expect(next.model.inspect().firstNonFinite == nil)
            } catch .resultNotFinite(let found, _, let place) {
                #expect(found == vector, "\(strategy)")
                #expect(place.tensor == "w")
            }
        }
    }

    @Test("A client's rate below a Float's range moves nothing, in any strategy, and harms nothing")
    func underflowedRate() throws {
        let control = ControlVariateUpdate.name
        for strategy in everyStrategy {
            for rate in [0, 1e-300, 1e-45, 1e-39] {
                let before = FederationState(
                    model: ParameterVector([1, 2]),
                    vectors: strategy.hasClientState ? [control: ParameterVector([0.5, -1])] : [:],
                    clients: strategy.hasClientState
                        ? [1: [control: ParameterVector([0.25, 3])]] : [:])
                let parts = [1, 2].map {
                    Part(
                        client: $0, model: [1, 2], work: LocalWork(steps: 3, learningRate: rate))
                }
                let after = try strategy.round(parts, after: before)
                let note: Comment = "\(strategy), rate \(rate)"
                #expect(after.model == before.model, note)
                for vector in Array(after.vectors.values) + after.clients.values.flatMap(\.values) {
                    #expect(vector.inspect().firstNonFinite == nil, note)
                }
                guard strategy.hasClientState else { continue }
                #expect(after.vectors == before.vectors, note)
                #expect(after.clients[1] == before.clients[1], note)
            }
        }
    }

    @Test("What a client would keep is finite, or an error names the client")
    func controlOutOfRange() throws {
        let control = ControlVariateUpdate.name
        let state = FederationState(
            model: ParameterVector([1]), vectors: [control: ParameterVector([3e38])],
            clients: [7: [control: ParameterVector([-3e38])]])
        let update = ModelUpdate(
            client: 7, round: 1, sampleCount: 1, parameters: ParameterVector([1]))
        let error = AggregationError.notFinite(
            client: 7, found: .minusInfinity, at: ParameterPlace(index: 0))
        #expect(throws: error) {
            try Strategy.scaffold().contribution(
                of: update, after: state, work: LocalWork(steps: 1, learningRate: 0.1))
        }
    }

    @Test("A round without contributions has no next state", arguments: everyStrategy)
    func empty(strategy: Strategy) {
        var sum = strategy.makeFold(2)
        #expect(throws: AggregationError.noUpdates) {
            try strategy.next(&sum, after: FederationState([1, 2]), population: 3)
        }
    }
}
