import Datasets
import Federation
import NeuralNetworks
import Parameters
import Synchronization
import TestThreads
import Testing
import Training

/// FedBN: batch normalisations that stay each client's own.
@Suite("Local statistics", .holdsItsThread)
struct LocalStatisticsTests {
    private static let dataset = GeneratedDigits.dataset(
        seed: 4, trainCount: 240, testCount: 60, threads: 2)

    private func configuration(_ transforms: [any UpdateTransform]) throws
        -> FederationConfiguration
    {
        let architecture = try Architecture(
            input: .image(height: 28, width: 28, channels: 1),
            [
                .flatten, .dense(8), .batchNormalization(momentum: 0.5), .relu,
                .residual([.dense(8), .batchNormalization(momentum: 0.5)]), .dense(10),
            ])
        return FederationConfiguration(
            architecture: architecture, strategy: Strategy("FedBN", transforms: transforms),
            training: LocalTraining(
                .epochs(1), batchSize: 7,
                optimizer: LocalOptimizer(learningRate: 0.1, momentum: 0.5, weightDecay: 0.01)),
            shards: try Partition.iid.divide(Self.dataset.train, among: 3, seed: 5),
            trainingImages: Self.dataset.train,
            evaluationSet: EvaluationSet(Self.dataset.test),
            rounds: RoundEngine.Configuration(population: 3, rounds: 3, seed: 5), seed: 5,
            threads: 2)
    }

    private func states(
        _ configuration: FederationConfiguration
    ) -> (result: RunResult, states: [FederationState]) {
        let known = Mutex<[FederationState]>([])
        let result = InProcessFederation(
            configuration, onRound: { _, state in known.withLock { $0.append(state) } }
        ).run()
        return (result, known.withLock { $0 })
    }

    @Test("Each client trains on from its own, and the global model has their mean")
    func fedBN() throws {
        let plain = try configuration([])
        let ranges = plain.architecture.localRanges
        #expect(ranges.count == 8)
        #expect(ranges.reduce(0) { $0 + $1.count } == 2 * 4 * 8)
        let names = plain.architecture.layout.entries.filter { ranges.contains($0.range) }
            .map { String($0.name.prefix { $0 != "/" }) }
        #expect(Set(names) == ["batchnorm1", "batchnorm2"])
        let configuration = try configuration([KeptParts(ranges)])
        let (result, states) = states(configuration)
        #expect(result.outcome == .completed)
        #expect(states.count == 3)
        let plan = Plan(configuration.architecture, batchSize: 7, purpose: .training)
        var before = configuration.initialState
        for (index, state) in states.enumerated() {
            var sum = [Double](repeating: 0, count: state.model.count)
            for client in 0..<3 {
                var start = before.model
                if let kept = before.clients[client]?[KeptParts.kept] {
                    start.withUnsafeMutableBufferPointer { numbers in
                        for range in ranges {
                            for (place, value) in zip(range, kept.array(in: range)) {
                                numbers[place] = value
                            }
                        }
                    }
                }
                #expect((index == 0) == start.isIdentical(to: before.model))
                let shard = configuration.shards.shard(client: client, round: index + 1)
                let trained = try plan.trainLocally(
                    configuration.training, objective: .plain, from: start,
                    on: configuration.trainingImages, shard: shard, seed: 5, client: client,
                    round: index + 1
                ).parameters
                let kept = try #require(state.clients[client]?[KeptParts.kept])
                for range in ranges {
                    #expect(kept.array(in: range) == trained.array(in: range))
                }
                let all = trained.array(in: 0..<trained.count)
                for place in all.indices { sum[place] += Double(all[place]) * Double(shard.count) }
            }
            let model = state.model.array(in: 0..<state.model.count)
            for place in sum.indices {
                #expect(abs(Double(model[place]) - sum[place] / 240) < 1e-5)
            }
            before = state
        }
        #expect(states[2].model != self.states(plain).states[2].model)
    }

    @Test("Without them running means and variances are averaged as any tensor")
    func averaged() throws {
        let (result, states) = states(try configuration([]))
        #expect(result.outcome == .completed)
        let architecture = try configuration([]).architecture
        for name in ["batchnorm1/mean", "batchnorm1/variance", "batchnorm2/mean"] {
            let entry = try #require(architecture.layout[name])
            let numbers = states[2].model.array(in: entry.range)
            #expect(numbers.allSatisfy { $0.isFinite })
            #expect(Set(numbers).count > 1)
        }
        #expect(states[2].clients.isEmpty)
    }
}
