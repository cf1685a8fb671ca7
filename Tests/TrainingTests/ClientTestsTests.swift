import Datasets
import Federation
import NeuralNetworks
import TestThreads
import Testing
import Training

@Suite("What clients' models are tested on", .holdsItsThread)
struct ClientTestsTests {
    private static let dataset = GeneratedDigits.dataset(
        seed: 2, trainCount: 400, testCount: 1300, threads: 2)

    private func configuration(
        _ tests: EvaluationSet, _ count: Int?, threads: Int = 2
    ) throws -> FederationConfiguration {
        FederationConfiguration(
            architecture: try Architecture(
                input: .image(height: 28, width: 28, channels: 1), [.flatten, .dense(10)]),
            training: LocalTraining(
                .epochs(1), batchSize: 10, optimizer: LocalOptimizer(learningRate: 0.05)),
            shards: try Partition.iid.divide(Self.dataset.train, among: 3, seed: 1),
            trainingImages: Self.dataset.train, evaluationSet: tests, clientTestCount: count,
            rounds: RoundEngine.Configuration(population: 3, rounds: 3), seed: 9,
            threads: threads)
    }

    @Test("So many of the images that count, in order, others in each round and for each seed")
    func drawn() {
        let whole = EvaluationSet(Self.dataset.test, fraction: 0.5, seed: 4)
        #expect(whole.indices.count == 650)
        let first = whole.drawn(65, seed: 9, round: 1)
        #expect(first.indices.count == 65)
        #expect(first.indices == first.indices.sorted())
        #expect(Set(first.indices).count == 65)
        #expect(Set(first.indices).isSubset(of: whole.indices))
        #expect(whole.drawn(65, seed: 9, round: 1).indices == first.indices)
        #expect(whole.drawn(65, seed: 9, round: 2).indices != first.indices)
        #expect(whole.drawn(65, seed: 8, round: 1).indices != first.indices)
        for count in [650, 651, .max] {
            #expect(whole.drawn(count, seed: 9, round: 1).indices == whole.indices)
        }
        // Each image is as likely as any other: 1,000 draws of a tenth, within five deviations.
        var times = [Int32: Int]()
        for round in 1...1000 {
            for index in whole.drawn(65, seed: 9, round: round).indices {
                times[index, default: 0] += 1
            }
        }
        #expect(whole.indices.allSatisfy { abs((times[$0] ?? 0) - 100) < 48 })
    }

    @Test("Models are the same, and a client's result is that of its model on the round's draw")
    func results() throws {
        let tests = EvaluationSet(Self.dataset.test)
        let whole = InProcessFederation(try configuration(tests, nil)).run()
        let part = InProcessFederation(try configuration(tests, 600)).run()
        let alone = InProcessFederation(try configuration(tests, 600, threads: 1)).run()
        #expect(part.model == whole.model)
        #expect(part.rounds.map(\.record) == alone.rounds.map(\.record))
        #expect(part.rounds.map(\.metrics) == whole.rounds.map(\.metrics))
        #expect(part.rounds.map(\.record.global) == whole.rounds.map(\.record.global))
        for round in whole.rounds {
            #expect(round.record.clients.map(\.evaluation?.count) == [1300, 1300, 1300])
        }
        for round in part.rounds {
            #expect(round.record.clients.map(\.evaluation?.count) == [600, 600, 600])
        }
        // The first round's clients begin with the seed's model.
        let configuration = try configuration(tests, 600)
        let plan = Plan(configuration.architecture, batchSize: 10, purpose: .training)
        let trained = try plan.trainLocally(
            configuration.training, objective: .plain,
            from: configuration.architecture.initialParameters(seed: 9),
            on: Self.dataset.train, shard: configuration.shards.shard(client: 1, round: 1),
            seed: 9, client: 1, round: 1)
        let expected = tests.drawn(600, seed: 9, round: 1).evaluate(
            trained.parameters, architecture: configuration.architecture, threads: 1)
        let found = part.rounds[0].record.clients[1].evaluation
        #expect(found == expected.short)
    }
}
