import Datasets
import Federation
import NeuralNetworks
import Parameters
import TestThreads
import Testing
import Training

@Suite("How long and how a client trains", .holdsItsThread)
struct LocalTrainingTests {
    @Test(
        "Steps: ⌈E · ⌈n / B⌉⌉, or as many as asked for; images with the short batch of each epoch")
    func steps() {
        let table: [(LocalTraining.Length, Int?, Int, steps: Int, images: Int)] = [
            (.epochs(1), 3, 10, 4, 10), (.epochs(2.5), 3, 10, 10, 26), (.epochs(0.25), 3, 10, 1, 3),
            (.epochs(0.01), 3, 10, 1, 3), (.epochs(3), nil, 10, 3, 30),
            (.epochs(0.5), nil, 10, 1, 10),
            (.epochs(2), 50, 10, 2, 20), (.steps(5), 3, 10, 5, 13), (.steps(1), 3, 10, 1, 3),
            (.steps(4), 3, 10, 4, 10), (.steps(7), nil, 10, 7, 70), (.epochs(0.1), 8, 600, 8, 64),
            // Decimal fractions are a little more than they should be in Double, 1.1 · 10 among them.
            (.epochs(1.1), 1, 10, 11, 11), (.epochs(0.07), 1, 100, 7, 7),
            (.epochs(0.3), 1, 10, 3, 3), (.epochs(1.15), 1, 100, 115, 115),
        ]
        for (length, batch, samples, steps, images) in table {
            let training = LocalTraining(length, batchSize: batch)
            #expect(training.steps(samples: samples) == steps, "\(length)")
            #expect(training.imageCount(samples: samples) == images, "\(length)")
            #expect(training.work(samples: samples, client: 3, round: 1).steps == steps)
            #expect(training.batchSize(samples: samples) == min(batch ?? samples, samples))
        }
    }

    @Test("In round r the learning rate is η d^(r − 1)")
    func decay() {
        let training = LocalTraining(
            .epochs(1), batchSize: 8,
            optimizer: LocalOptimizer(learningRate: 0.5, momentum: 0.75, weightDecay: 0.125),
            learningRateDecay: 0.5)
        #expect(training.optimizer(round: 1) == training.optimizer)
        let third = training.optimizer(round: 3)
        #expect(third.learningRate == 0.125)
        #expect(third.momentum == 0.75 && third.weightDecay == 0.125)
        #expect(
            training.work(samples: 20, client: 0, round: 4)
                == LocalWork(steps: 3, learningRate: 0.0625, momentum: 0.75))
        let constant = LocalTraining(optimizer: LocalOptimizer(learningRate: 0.3))
        #expect(constant.optimizer(round: 1000).learningRate == 0.3)
    }
}

/// One client's training, without dropout and with all of its samples in a batch.
@Suite("What a client makes of the global model", .holdsItsThread)
struct ClientHalfTests {
    private static let dataset = GeneratedDigits.dataset(
        seed: 5, trainCount: 300, testCount: 10, threads: 2)
    private static let shard = Array(Int32(20)..<80)
    private let plan: Plan
    private let global: ParameterVector

    init() throws {
        let architecture = try Architecture(
            input: .image(height: 28, width: 28, channels: 1),
            [.flatten, .dense(8, activation: .relu), .dense(10)])
        plan = Plan(architecture, batchSize: 60, purpose: .training)
        global = architecture.initialParameters(seed: 4)
    }

    private func train(
        _ length: LocalTraining.Length, from model: ParameterVector? = nil, batch: Int? = nil,
        decay: Double = 1, round: Int = 1, _ optimizer: LocalOptimizer,
        objective: ClientObjective = .plain, correction: ParameterVector? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws -> LocalResult {
        try plan.trainLocally(
            LocalTraining(length, batchSize: batch, optimizer: optimizer, learningRateDecay: decay),
            objective: correction == nil ? objective : ClientObjective(usesControlVariates: true),
            from: model ?? global, on: Self.dataset.train, shard: Self.shard, seed: 1, client: 0,
            round: round, correction: correction, progress: progress)
    }

    private func values(_ vector: ParameterVector) -> [Double] {
        vector.array(in: 0..<vector.count).map(Double.init)
    }

    private func largestDifference(_ a: ParameterVector, _ b: [Double]) -> Double {
        precondition(a.count == b.count)
        return zip(values(a), b).map { abs($0 - $1) }.max() ?? 0
    }

    /// w₁ = x − η g(x), for there the proximal term is zero; w₂ = w₁ − η (g(w₁) + μ (w₁ − x)).
    @Test("FedProx: the second step is drawn back to the global model by η μ of the first")
    func proximal() throws {
        let (rate, mu) = (0.25, 0.5)
        let plain = LocalOptimizer(learningRate: Float(rate))
        let proximal = Strategy.fedProx(mu: Float(mu)).objective
        let first = try train(.steps(1), plain).parameters
        #expect(
            largestDifference(
                try train(.steps(1), plain, objective: proximal).parameters, values(first)) < 1e-7)
        let second = try train(.steps(1), from: first, plain).parameters
        let (x, w1, w2) = (values(global), values(first), values(second))
        let expected = x.indices.map { w2[$0] - rate * mu * (w1[$0] - x[$0]) }
        let found = try train(.steps(2), plain, objective: proximal).parameters
        #expect(largestDifference(found, expected) < 1e-6)
        // It is more than rounding.
        #expect(largestDifference(second, expected) > 1e-3)
    }

    @Test("SCAFFOLD: each step moves by η times the correction, too")
    func correction() throws {
        let rate = 0.125
        var random = RandomStream(RandomKey(seed: 3, purpose: .benchmark))
        let correction = ParameterVector(
            (0..<global.count).map { _ in Float(random.nextUniform(-0.5, 0.5)) })
        let optimizer = LocalOptimizer(learningRate: Float(rate))
        let plain = values(try train(.steps(1), optimizer).parameters)
        let expected = zip(plain, values(correction)).map { $0 - rate * $1 }
        let found = try train(.steps(1), optimizer, correction: correction).parameters
        #expect(largestDifference(found, expected) < 1e-6)
        #expect(largestDifference(found, plain) > 0.06)
        let none = try train(
            .steps(3), optimizer, correction: ParameterVector(zeros: global.count))
        #expect(none.parameters == (try train(.steps(3), optimizer).parameters))
    }

    @Test("The learning rate of a round is the one that decay says")
    func decay() throws {
        let fast = LocalOptimizer(learningRate: 0.5)
        let slow = LocalOptimizer(learningRate: 0.125)
        let found = try train(.epochs(2), batch: 9, decay: 0.5, round: 3, fast)
        #expect(found.parameters == (try train(.epochs(2), batch: 9, round: 3, slow).parameters))
        let other = try train(.epochs(2), batch: 9, round: 3, fast)
        #expect(found.parameters != other.parameters)
    }

    @Test("Part of an epoch is its first batches; two and a half are as many images")
    func fractions() throws {
        let optimizer = LocalOptimizer(learningRate: 0.1)
        for (length, images) in [
            (LocalTraining.Length.epochs(0.5), 36), (.epochs(2.5), 156), (.steps(4), 36),
            (.epochs(1), 60),
        ] {
            var seen = 0
            let result = try train(length, batch: 9, optimizer) { seen += $0 }
            #expect(seen == images)
            #expect(result.imageCount == images)
            #expect(result.loss > 0)
        }
        let half = try train(.epochs(0.5), batch: 9, optimizer).parameters
        #expect(half == (try train(.steps(4), batch: 9, optimizer).parameters))
        #expect(half != (try train(.epochs(1), batch: 9, optimizer).parameters))
    }

    @Test("E = 1 and B = ∞ are one step of gradient descent: FedSGD")
    func fedSGD() throws {
        let optimizer = LocalOptimizer(learningRate: 0.1)
        let whole = try train(.epochs(1), optimizer)
        #expect(whole.imageCount == 60)
        #expect(whole.parameters == (try train(.steps(1), batch: 60, optimizer).parameters))
        // Thirty and thirty with half the weight each, from the same model.
        let halves = try [Array(Self.shard.prefix(30)), Array(Self.shard.suffix(30))].map {
            values(
                try plan.trainLocally(
                    LocalTraining(.epochs(1), batchSize: nil, optimizer: optimizer),
                    objective: .plain, from: global, on: Self.dataset.train, shard: $0, seed: 1,
                    client: 0, round: 1
                ).parameters)
        }
        let mean = zip(halves[0], halves[1]).map { ($0 + $1) / 2 }
        #expect(largestDifference(whole.parameters, mean) < 1e-6)
    }
}
