import Datasets
import Federation
import NeuralNetworks
import Synchronization
import TestThreads
import Testing
import Training

@Suite("Threads that train and evaluate for others", .holdsItsThread)
struct LocalWorkersTests {
    @Test("Rounds driven from outside give the bits of a run in process", arguments: [1, 2, 5])
    func sameBits(threads: Int) async throws {
        let dataset = GeneratedDigits.dataset(
            seed: 2, trainCount: 600, testCount: 1100, threads: 2)
        let architecture = try Architecture(
            input: .image(height: 28, width: 28, channels: 1),
            [.flatten, .dense(16, activation: .relu), .dropout(0.5), .dense(10)])
        let training = LocalTraining(
            .epochs(2), batchSize: 7, optimizer: LocalOptimizer(learningRate: 0.05))
        let shards = try ShardSampler(
            labels: dataset.train, experiment: .unequalRandom, samples: 60, seed: 3)
        let set = EvaluationSet(dataset.test)
        let expected = InProcessFederation(
            InProcessFederation.Configuration(
                architecture: architecture, training: training, shards: shards,
                trainingImages: dataset.train, evaluationSet: set,
                rounds: RoundEngine.Configuration(population: 3, rounds: 2), seed: 3,
                threads: 1), onRound: { _, _ in }
        ).run()

        let workers = LocalWorkers(
            architecture, engine: .fused, loss: .softmaxCrossEntropy, training: training,
            largestShard: shards.largestShard, threads: threads)
        defer { workers.close() }
        var model = architecture.initialParameters(seed: 3)
        for round in 1...2 {
            let global = model
            let updates = try await withThrowingTaskGroup(of: ModelUpdate.self) { group in
                for client in 0..<3 {
                    group.addTask {
                        let result = try await workers.train(
                            from: global, objective: .plain, on: dataset.train, shards: shards,
                            seed: 3, client: client, round: round, progress: { _ in },
                            shouldStop: { false }
                        ).get()
                        return ModelUpdate(
                            client: client, round: round,
                            sampleCount: shards.shard(client: client, round: round).count,
                            parameters: result.parameters)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            var sum = ExactAccumulator(layout: architecture.layout)
            for update in updates { try sum.add(update) }
            model = try sum.mean()
            let (evaluation, seconds) = await workers.evaluate(model, on: set)
            #expect(seconds > 0)
            #expect(evaluation.short == expected.rounds[round - 1].record.global)
            #expect(evaluation.metrics == expected.rounds[round - 1].metrics)
        }
        #expect(model == expected.model)
    }

    @Test("Training stops when it is told to")
    func stopping() async throws {
        let dataset = GeneratedDigits.dataset(seed: 2, trainCount: 200, testCount: 10, threads: 2)
        let architecture = try Architecture(
            input: .image(height: 28, width: 28, channels: 1), [.flatten, .dense(10)])
        let workers = LocalWorkers(
            architecture, engine: .fused, loss: .softmaxCrossEntropy, training: LocalTraining(),
            largestShard: 50, threads: 1)
        defer { workers.close() }
        let shards = try ShardSampler(
            labels: dataset.train, experiment: .equalRandom, samples: 50, seed: 1)
        let seen = Atomic(0)
        let result = await workers.train(
            from: architecture.initialParameters(seed: 1), objective: .plain, on: dataset.train,
            shards: shards, seed: 1, client: 0, round: 1,
            progress: { seen.add($0, ordering: .relaxed) },
            shouldStop: { seen.load(ordering: .relaxed) >= 16 })
        guard case .failure(.stopped) = result else {
            Issue.record("it went on")
            return
        }
        #expect(seen.load(ordering: .relaxed) == 16)
    }
}
