import Datasets
import Federation
import NeuralNetworks
import Parameters
import TestThreads
import Testing
import Training

/// One class for each client, another in each round.
private struct WanderingClass: ShardSource {
    let byClass: [[Int32]]
    let largestShard = 20
    let fingerprint: UInt64 = 1

    func shard(client: Int, round: Int) -> [Int32] {
        Array(byClass[(client + round) % byClass.count].prefix(largestShard - client))
    }
}

/// x ← x + (ȳ − x) / 2.
private struct HalfStep: ServerRule {
    func next(
        _ aggregate: inout Aggregate, after state: FederationState, _ context: RoundContext
    ) -> FederationState {
        var next = state
        next.model = aggregate.value.map(with: state.model) { x, change in
            Float(Double(x) + change / 2)
        }
        return next
    }
}

@Suite("A federation of one's own parts", .holdsItsThread)
struct OwnPartsTests {
    /// Points of three classes, as Floats and as a vector of two features.
    private static func points(_ count: Int, seed: UInt64) throws -> Samples {
        var random = RandomStream(RandomKey(seed: seed, purpose: .generation))
        let labels = (0..<count).map { $0 % 3 }
        let values = labels.flatMap { label in
            [
                Float(label) - 1 + Float(random.nextUniform(-0.3, 0.3)),
                Float(label % 2) + Float(random.nextUniform(-0.3, 0.3)),
            ]
        }
        return try Samples(
            values: values, labels: labels, height: 1, width: 2, classCount: 3)
    }

    private func configuration(threads: Int = 1) throws -> FederationConfiguration {
        let images = try Self.points(300, seed: 1)
        return FederationConfiguration(
            architecture: try Architecture(
                input: .vector(2), [.dense(8, activation: .relu), .dense(3)]),
            strategy: Strategy("Half steps", server: HalfStep()),
            training: LocalTraining(
                .epochs(2), batchSize: 4, optimizer: LocalOptimizer(learningRate: 0.2)),
            shards: WanderingClass(byClass: images.indicesByClass()), trainingImages: images,
            evaluationSet: EvaluationSet(try Self.points(90, seed: 2)),
            rounds: RoundEngine.Configuration(population: 3, rounds: 6), seed: 1,
            threads: threads)
    }

    @Test("Data, shards and strategy of one's own give the same bits with 1 and 4 threads")
    func sameBits() throws {
        let one = InProcessFederation(try configuration().validated()).run()
        let many = InProcessFederation(try configuration(threads: 4).validated()).run()
        #expect(one.outcome == .completed)
        #expect(one.rounds.count == 6)
        #expect(one.model == many.model)
        #expect(one.rounds.map(\.record) == many.rounds.map(\.record))
        #expect(one.rounds[0].classCounts == [0: [0, 20, 0], 1: [0, 0, 19], 2: [18, 0, 0]])
        #expect(one.rounds[1].classCounts == [0: [0, 0, 20], 1: [19, 0, 0], 2: [0, 18, 0]])
        let accuracy = try #require(one.rounds.last?.record.global?.accuracy)
        #expect(accuracy > 0.8, "three classes far apart are learned")
    }

    @Test("Parts that do not go together are named")
    func problems() throws {
        let sound = try configuration()
        #expect(sound.problem == nil)
        func sentence(_ change: (inout FederationConfiguration) throws -> Void) throws -> String? {
            var configuration = sound
            try change(&configuration)
            return configuration.problem?.description
        }
        #expect(
            try sentence { $0.threads = 0 } == "a federation needs at least 1 thread, not 0")
        #expect(
            try sentence { $0.rounds = RoundEngine.Configuration(population: 0, rounds: 1) }
                == RoundRulesError.population(0).description)
        #expect(
            try sentence { $0.strategy = Strategy("Half", server: NormalizedStep()) }
                == "Half: FedNova's step needs changes that are normalized")
        #expect(
            try sentence {
                $0.architecture = try Architecture(input: .vector(3), [.dense(3)])
            } == "the training images are 1×2×1, but the model takes 3")
        #expect(
            try sentence {
                $0.architecture = try Architecture(input: .vector(2), [.dense(2)])
            } == "the data have 3 classes, but the model tells 2 apart")
        #expect(
            try sentence {
                $0.shards = try DividedShards([[0], [1]], of: $0.trainingImages)
            } == "there are shards for 2 clients, but the federation has 3")
        let none = try Samples(
            values: [], labels: [Int](), height: 1, width: 2, classCount: 3)
        #expect(try sentence { $0.trainingImages = none } == "there are no images to train on")
        #expect(
            try sentence { $0.evaluationSet = EvaluationSet(none) }
                == "there are no images to test on")
    }
}
