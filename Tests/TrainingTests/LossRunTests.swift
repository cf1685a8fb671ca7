import Datasets
import Federation
import NeuralNetworks
import Parameters
import TestThreads
import Testing
import Training

@Suite("Federations by their losses", .holdsItsThread)
struct LossRunTests {
    /// y = 2 x₀ − x₁ + 3 with a little noise, and the class that says whether it is above 3.
    private func data(
        _ count: Int, seed: UInt64
    ) throws -> (numbers: Samples, classes: Samples) {
        var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
        var (features, targets): ([Float], [Float]) = ([], [])
        for _ in 0..<count {
            let x = [random.nextUniform() - 0.5, random.nextUniform() - 0.5]
            features += x.map(Float.init)
            targets.append(Float(2 * x[0] - x[1] + 3 + 0.01 * random.nextUniform()))
        }
        return (
            try Samples(values: features, shape: [2], targets: targets, targetCount: 1),
            try Samples(
                features: features, featureCount: 2, labels: targets.map { $0 > 3 ? 1 : 0 },
                classCount: 2)
        )
    }

    private func configuration(
        _ train: Samples, _ test: Samples, outputs: Int, loss: Loss?, rate: Float = 0.1,
        threads: Int = 2
    ) throws -> FederationConfiguration {
        FederationConfiguration(
            architecture: try Architecture(input: .vector(2), [.dense(outputs)]), loss: loss,
            training: LocalTraining(
                .epochs(3), batchSize: 8, optimizer: LocalOptimizer(learningRate: rate)),
            shards: try Partition.iid.divide(train, among: 3, seed: 1), trainingImages: train,
            evaluationSet: EvaluationSet(test),
            rounds: RoundEngine.Configuration(population: 3, rounds: 4), seed: 1,
            threads: threads)
    }

    @Test("Numbers are learned by squared error, and measured by R²")
    func numbers() throws {
        let (train, test) = (try data(300, seed: 1).numbers, try data(700, seed: 2).numbers)
        let whole = try configuration(train, test, outputs: 1, loss: nil).validated()
        #expect(whole.loss == .squaredError)
        let result = InProcessFederation(whole).run()
        #expect(result.outcome == .completed)
        let last = try #require(result.rounds.last)
        #expect(try #require(last.record.global?.accuracy) > 0.99)
        #expect(try #require(last.metrics[Metric.meanAbsoluteError]) < 0.05)
        for client in last.record.clients {
            #expect(try #require(client.evaluation?.accuracy) > 0.9)
        }
        #expect(last.classes == nil)
        let one = InProcessFederation(
            try configuration(train, test, outputs: 1, loss: nil, threads: 1)
        ).run()
        #expect(one.model == result.model)
        #expect(one.rounds.map(\.metrics) == result.rounds.map(\.metrics))
    }

    @Test("Two classes by one output of sigmoid cross-entropy")
    func sigmoid() throws {
        let (train, test) = (try data(300, seed: 1).classes, try data(200, seed: 2).classes)
        let result = InProcessFederation(
            try configuration(train, test, outputs: 1, loss: .sigmoidCrossEntropy, rate: 1)
                .validated()
        ).run()
        let last = try #require(result.rounds.last)
        #expect(try #require(last.record.global?.accuracy) > 0.9)
        #expect(try #require(last.metrics[Metric.areaUnderCurve]) > 0.97)
        #expect(last.classes?.confusion?.count == 2)
        // Only the last tested round's are kept; clients' models have none.
        for round in result.rounds.dropLast() {
            #expect(round.classes == nil)
            #expect(!round.metrics.isEmpty)
        }
        for client in last.record.clients {
            #expect(client.evaluation?.metrics == [:])
            #expect(client.evaluation?.classes == nil)
        }
    }

    @Test("Smoothed labels train another model, and are tested without")
    func smoothing() throws {
        let (train, test) = (try data(300, seed: 1).classes, try data(200, seed: 2).classes)
        let models = try [0, Float(0.3)].map { smoothing in
            InProcessFederation(
                try configuration(
                    train, test, outputs: 2,
                    loss: Loss(.softmaxCrossEntropy, labelSmoothing: smoothing))
            ).run().model
        }
        #expect(models[0] != models[1])
        let architecture = try Architecture(input: .vector(2), [.dense(2)])
        let losses = [0, Float(0.3)].map { smoothing in
            EvaluationSet(test).evaluate(
                models[0], architecture: architecture,
                loss: Loss(.softmaxCrossEntropy, labelSmoothing: smoothing), threads: 1
            ).loss
        }
        #expect(losses[0] == losses[1])
    }

    @Test("What does not go together is refused in a sentence")
    func problems() throws {
        let (numbers, two) = try data(10, seed: 1)
        let five = try Samples(
            features: [0, 0], featureCount: 1, labels: [0, 4], classCount: 5)
        let smoothed = Loss(.softmaxCrossEntropy, labelSmoothing: 0.5)
        var odd = Loss.sigmoidCrossEntropy
        odd.labelSmoothing = 0.5
        for (loss, samples, outputs, sentence) in [
            (
                Loss.softmaxCrossEntropy, numbers, 1,
                "the loss softmax-cross-entropy is of classes, and the data have a number to be "
                    + "predicted of each sample: take squared-error"
            ),
            (
                .squaredError, five, 5,
                "the loss squared-error is of numbers, and the data have 5 classes: take "
                    + "softmax-cross-entropy or sigmoid-cross-entropy"
            ),
            (
                .sigmoidCrossEntropy, five, 1,
                "a model with 1 output and sigmoid-cross-entropy tells 2 classes apart, and the "
                    + "data have 5"
            ),
            (
                .softmaxCrossEntropy, five, 4,
                "the data have 5 classes, but the model tells 4 apart"
            ),
            (
                .squaredError, numbers, 2,
                "the data have 1 number to be predicted of each sample, but the model has 2 outputs"
            ),
            (
                odd, two, 1,
                "label smoothing of 0.5 belongs to softmax-cross-entropy: the loss is "
                    + "sigmoid-cross-entropy"
            ),
        ] {
            #expect(loss.problem(with: samples, outputs: outputs)?.description == sentence)
        }
        #expect(Loss.sigmoidCrossEntropy.problem(with: two, outputs: 1) == nil)
        #expect(Loss.sigmoidCrossEntropy.problem(with: five) == nil)
        #expect(Loss.sigmoidCrossEntropy.outputCount(for: two) == 1)
        #expect(Loss.sigmoidCrossEntropy.outputCount(for: five) == 5)
        #expect(smoothed.problem(with: five, outputs: 7) == nil)
        let wrong = try configuration(two, two, outputs: 2, loss: .squaredError)
        #expect(throws: FederationConfigurationError.loss(.numbersOfClasses(classes: 2))) {
            try wrong.validated()
        }
    }
}
