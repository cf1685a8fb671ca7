import Compression
import Federation
import Parameters
import Privacy
import Robust
import TestThreads
import Testing

/// What every transform at the client keeps.
@Suite("Laws of all transforms at the client", .holdsItsThread)
struct TransformLawTests {
    private func update(_ random: inout RandomStream, client: Int = 3) -> ModelUpdate {
        ModelUpdate(client: client, round: 1, sampleCount: 20, parameters: vector(&random))
    }

    private func context(
        _ model: ParameterVector, own: [String: ParameterVector] = [:]
    ) -> ClientContext {
        ClientContext(
            client: 3, round: 1, seed: 9, model: model,
            work: LocalWork(steps: 4, learningRate: 0.1), own: own)
    }

    @Test(
        "Both halves at once, or the client's apart from the server's: no bit",
        arguments: everyClientTransform)
    func halves(transform: any UpdateTransform) throws {
        var random = stream(1)
        let strategy = Strategy("Test", transforms: [transform])
        var state = FederationState(model: vector(&random))
        var own: [String: ParameterVector] = [:]
        for _ in 0..<4 {
            let update = update(&random)
            let work = LocalWork(steps: 4, learningRate: 0.1)
            let (whole, sent) = try strategy.contribution(
                of: update, after: state, work: work, seed: 9)
            let (prepared, kept) = try strategy.prepared(update, context(state.model, own: own))
            // What came by wire has no state of the client's with it.
            var stateless = state
            stateless.clients = [:]
            let apart = try strategy.contribution(
                of: prepared, after: stateless, work: work, seed: 9)
            #expect(apart.value.vector.bits == whole.value.vector.bits)
            #expect(sent.vector.bits == prepared.value.vector.bits)
            #expect(apart.numbers == whole.numbers)
            #expect(apart.change == whole.change)
            #expect(whole.change.norm != nil)
            #expect(whole.clientState.mapValues(\.bits) == kept.mapValues(\.bits))
            #expect(Set(kept.keys) == Set(strategy.clientStateNames))
            own.merge(kept) { _, new in new }
            state.clients[3] = own
        }
    }

    @Test(
        "A client that cannot apply its half has it applied: no bit",
        arguments: everyClientTransform)
    func unprepared(transform: any UpdateTransform) throws {
        var random = stream(2)
        let strategy = Strategy("Test", transforms: [transform])
        let state = FederationState(model: vector(&random))
        let update = update(&random)
        let work = LocalWork(steps: 4, learningRate: 0.1)
        let expected = try strategy.contribution(of: update, after: state, work: work, seed: 9)
        let found = try strategy.contribution(
            of: ClientUpdate(update), after: state, work: work, seed: 9)
        #expect(found.value.vector.bits == expected.contribution.value.vector.bits)
        #expect(found.change == expected.contribution.change)
        #expect(
            found.clientState.mapValues(\.bits)
                == expected.contribution.clientState.mapValues(\.bits))
    }

    @Test(
        "What leaves a client is a change, and a model in its place is refused before it is folded",
        arguments: everyClientTransform)
    func kind(transform: any UpdateTransform) throws {
        var random = stream(3)
        let strategy = Strategy("Test", transforms: [transform])
        let state = FederationState(model: vector(&random))
        let update = update(&random)
        let work = LocalWork(steps: 4, learningRate: 0.1)
        let (sent, _) = try strategy.prepared(update, context(state.model))
        #expect(sent.value.isChange)
        let model = ClientUpdate(
            client: 3, round: 1, sampleCount: 20, value: .model(update.parameters),
            isPrepared: true)
        #expect(
            throws: AggregationError.notTransformed(client: 3, transforms: "\(transform)")
        ) { try strategy.contribution(of: model, after: state, work: work) }
    }

    @Test("Its description makes it again", arguments: everyClientTransform)
    func description(transform: any UpdateTransform) {
        #expect(transform.place == .client)
        let again: any UpdateTransform =
            ClipUpdate(description: transform.description)
            ?? TopK(description: transform.description) ?? transform
        #expect(again.description == transform.description)
        #expect(type(of: again) == type(of: transform))
    }

    @Test("What is no description makes nothing")
    func noDescription() {
        for text in ["", "clip", "clip:", "clip:0", "clip:-1", "clip:nan", "clip:inf", "topk:0.1"] {
            #expect(ClipUpdate(description: text) == nil, "\(text)")
        }
        for text in ["", "topk", "topk:", "topk:0", "topk:1.5", "topk:nan", "topk:x", "clip:1"] {
            #expect(TopK(description: text) == nil, "\(text)")
        }
    }

    @Test("Clipping: no change is longer than S, a shorter one stays as it is")
    func clip() throws {
        var random = stream(4)
        for _ in 0..<50 {
            let model = vector(&random)
            let update = update(&random)
            let change = UpdateValue.model(update.parameters).change(from: model)
            let strategy = Strategy(
                "Test", weighting: .uniform, transforms: [ClipUpdate(norm: 0.5)])
            let sent = try strategy.prepared(update, context(model)).update
            #expect(sent.value.vector.norm <= 0.5 * (1 + 1e-6))
            let loose = Strategy("Test", transforms: [ClipUpdate(norm: 1e6)])
            let same = try loose.prepared(update, context(model)).update
            #expect(same.value.vector.bits == change.bits)
            #expect(sent.numbers["clipped share"] == 1)
            #expect(same.numbers["clipped share"] == 0)
        }
    }

    @Test("Top k: the largest are sent, nothing is lost, and nothing sent twice")
    func topK() throws {
        var random = stream(5)
        for fraction in [0.01, 0.1, 0.5, 1] {
            let strategy = Strategy("Test", transforms: [TopK(fraction: fraction)])
            let model = vector(&random)
            var own: [String: ParameterVector] = [:]
            for _ in 0..<6 {
                let update = update(&random)
                let change = UpdateValue.model(update.parameters).change(from: model)
                let before = own[TopK.residual] ?? ParameterVector(zeros: change.count)
                let whole = ParameterVector.map(change, before) { Float(Double($0) + Double($1)) }
                let (sent, kept) = try strategy.prepared(update, context(model, own: own))
                let left = try #require(kept[TopK.residual])
                let together = ParameterVector.map(sent.value.vector, left) { $0 + $1 }
                #expect(together.values == whole.values)
                let count = sent.value.vector.values.count { $0 != 0 }
                #expect(count <= max(1, Int((fraction * 97).rounded(.up))))
                let smallest = sent.value.vector.values.filter { $0 != 0 }.map(abs).min() ?? 0
                let largestLeft = left.values.map(abs).max() ?? 0
                #expect(largestLeft <= smallest || count == 0)
                own = kept
            }
            if fraction == 1 {
                #expect(own[TopK.residual]?.values.allSatisfy { $0 == 0 } == true)
            }
        }
    }

    @Test("An update weighs by its samples, its batches, alike, or by so many samples at most")
    func weights() {
        let samples = [1, 9, 10, 11, 600]
        func weights(_ weighting: Weighting) -> [Int] { samples.map(weighting.weight(samples:)) }
        #expect(weights(.samples) == samples)
        #expect(weights(.batches(of: 10)) == [1, 1, 1, 2, 60])
        #expect(weights(.uniform) == [1, 1, 1, 1, 1])
        #expect(weights(.capped(10)) == [1, 9, 10, 10, 10])
    }

    @Test("Parts that contradict each other are told apart, with a sentence")
    func contradictions() {
        var nova = Strategy.fedNova()
        nova.weighting = .uniform
        #expect(
            nova.problem
                == "FedNova: FedNova weighs clients by their samples, and here all are to weigh the same"
        )
        for weighting in [Weighting.capped(5), .batches(of: 2)] {
            nova.weighting = weighting
            #expect(
                nova.problem
                    == "FedNova: FedNova weighs clients by their samples, and here they are \(weighting)"
            )
        }
        var median = Strategy.fedNova()
        median.aggregator = CoordinateMedian()
        #expect(median.problem != nil)
        #expect(Strategy("X", server: NormalizedStep()).problem != nil)
        #expect(Strategy("X", server: ControlVariateStep()).problem != nil)
        #expect(
            Strategy("X", transforms: [TopK(fraction: 0.1), TopK(fraction: 0.2)]).problem != nil)
        for strategy in [
            Strategy.fedAvg, .scaffold(), .fedNova(), .median,
            Strategy(
                "X", weighting: .uniform, transforms: [ClipUpdate(norm: 1), TopK(fraction: 0.1)]),
        ] {
            #expect(strategy.problem == nil, "\(strategy)")
        }
    }

    @Test("The strategy that the README shows can be had")
    func readme() {
        let careful = Strategy(
            "Careful", objective: ClientObjective(proximal: 0.1), weighting: .capped(1000),
            transforms: [ClipUpdate(norm: 1)], aggregator: CoordinateMedian(),
            server: ServerOptimizer(.momentum(0.9), learningRate: 0.5))
        #expect(careful.problem == nil)
        #expect(
            "\(careful)"
                == "Careful, μ 0.1, server rate 0.5, β 0.9, clip:1.0, weighted by samples, 1000 at most"
        )
    }

    @Test("A state is one strategy's, or it is told whose it is not")
    func states() {
        let model = ParameterVector([1, 2])
        let name = ControlVariateUpdate.name
        let scaffold = FederationState(
            model: model, vectors: [name: model], clients: [1: [name: model]])
        #expect(Strategy.scaffold().problem(with: scaffold) == nil)
        #expect(Strategy.scaffold().problem(with: FederationState(model: model)) == nil)
        #expect(
            Strategy.fedAvg.problem(with: scaffold)
                == "it has a “control variate c”, which FedAvg does not keep")
        #expect(
            Strategy.fedAvgM().problem(with: scaffold)
                == "it has a “control variate c”, which FedAvgM does not keep")
        let residual = FederationState(model: model, clients: [2: [TopK.residual: model]])
        #expect(
            Strategy.fedAvg.problem(with: residual)
                == "it has a “residual e” of client 2, which FedAvg does not keep")
        let short = FederationState(model: model, vectors: [name: ParameterVector([1])])
        #expect(
            Strategy.scaffold().problem(with: short)
                == "a vector beside the model has 1 parameters, the model 2")
    }
}
