import CAllocationCounter
import CKernels
import Foundation
import NeuralNetworks
import Parameters
import Tensors
import TestThreads
import Testing

@Suite("Plans", .holdsItsThread)
struct PlanTests {
    static func digits(_ plan: Plan, seed: UInt64) {
        var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
        for index in 0..<plan.batchSize * plan.architecture.input.count {
            plan.images[index] = Float(random.nextUniform())
        }
        for index in 0..<plan.batchSize {
            plan.labels[index] = Int32(random.next(below: plan.architecture.classCount))
        }
    }

    @Test("The named models have the published numbers of parameters")
    func parameterCounts() throws {
        let input = FeatureShape.image(height: 28, width: 28, channels: 1)
        let expected: [NamedModel: Int] = [
            .referenceCNN: 1_199_882, .logisticRegression: 7_850, .mcmahan2NN: 199_210,
            .mcmahanCNN: 1_663_370, .niidCNN: 44_426, .pfllibCNN: 582_026, .resNet: 272_970,
        ]
        #expect(expected.count == NamedModel.allCases.count)
        for model in NamedModel.allCases {
            #expect(try model.architecture(input: input).parameterCount == expected[model])
        }
        let colours = FeatureShape.image(height: 32, width: 32, channels: 3)
        func count(_ model: NamedModel, _ input: FeatureShape, _ classes: Int = 10) throws -> Int {
            try model.architecture(input: input, classCount: classes).parameterCount
        }
        #expect(try count(.referenceCNN, input, 62) == 1_206_590)
        #expect(try count(.referenceCNN, colours) == 1_626_442)
        #expect(try count(.niidCNN, colours) == 62_006)
        #expect(try count(.resNet, colours) == 273_258)
    }

    @Test("A training step allocates nothing", arguments: NamedModel.allCases)
    func noAllocation(model: NamedModel) throws {
        let architecture = try model.architecture(
            input: .image(height: 28, width: 28, channels: 1))
        let plan = Plan(architecture, batchSize: 4, purpose: .training)
        Self.digits(plan, seed: 1)
        plan.load(architecture.initialParameters(seed: 1))
        let key = RandomKey(seed: 1, purpose: .dropout)
        plan.begin(LocalOptimizer(learningRate: 0.01))
        func step(_ number: Int) {
            _ = plan.trainStep(count: 4, dropout: key, step: number)
        }
        step(0)
        allocation_counter_start()
        for number in 1...3 { step(number) }
        let allocations = allocation_counter_stop()
        #expect(allocations == 0)
    }

    @Test("The counter of allocations counts")
    func counterCounts() {
        allocation_counter_start()
        let array = [Int](repeating: 1, count: Int.random(in: 1000...1001))
        let count = allocation_counter_stop()
        #expect(count >= 1)
        #expect(array.count >= 1000)
    }

    @Test("A plan gives back the bits that it loaded", arguments: NamedModel.allCases)
    func loadAndParameters(model: NamedModel) throws {
        let architecture = try model.architecture(
            input: .image(height: 19, width: 17, channels: 1))
        defer { ck_set_level(ck_best_level()) }
        for level in SIMDLevel.allCases {
            ck_set_level(level.rawValue)
            for engine in Engine.allCases {
                let plan = Plan(architecture, batchSize: 2, purpose: .training, engine: engine)
                Self.digits(plan, seed: 1)
                let first = architecture.initialParameters(seed: 1)
                let second = architecture.initialParameters(seed: 2)
                plan.load(first)
                #expect(plan.parameters().isIdentical(to: first))
                // A step of no length moves nothing, and makes the plan read its own copy.
                func stay() {
                    plan.begin(LocalOptimizer(learningRate: 0))
                    _ = plan.trainStep(count: 2, dropout: Plan.noDropout, step: 0)
                }
                stay()
                #expect(plan.parameters() == first)
                plan.load(second)
                stay()
                #expect(plan.parameters() == second)
            }
        }
    }

    @Test("Logits of an inference plan are those of a training plan without dropout")
    func inferenceMatchesTraining() throws {
        let input = FeatureShape.image(height: 9, width: 8, channels: 2)
        let layers: [Layer] = [
            .convolution(filters: 5, kernel: 3, activation: .relu), .maxPooling(2), .flatten,
            .dense(4),
        ]
        let trained = try Architecture(input: input, layers)
        let dropped = try Architecture(
            input: input, layers.prefix(2) + [.dropout(0.5)] + layers.suffix(2))
        #expect(trained.layout == dropped.layout)
        let parameters = trained.initialParameters(seed: 2)
        let training = Plan(trained, batchSize: 3, purpose: .training)
        let inference = Plan(dropped, batchSize: 3, purpose: .inference)
        Self.digits(training, seed: 4)
        Self.digits(inference, seed: 4)
        for plan in [training, inference] {
            plan.load(parameters)
            plan.forward(count: 3)
        }
        for index in 0..<12 {
            #expect(abs(training.logits[index] - inference.logits[index]) < 1e-5)
        }
    }

    @Test("A batch too large for one part is the mean of its parts", arguments: Engine.allCases)
    func parts(engine: Engine) throws {
        let architecture = try Architecture(
            input: .image(height: 9, width: 8, channels: 1),
            [.convolution(filters: 16, kernel: 3, activation: .relu), .flatten, .dense(5)])
        let count = 2 * Plan.largestPart + 7
        let whole = Plan(architecture, batchSize: count, purpose: .training, engine: engine)
        let single = Plan(architecture, batchSize: 1, purpose: .training, engine: engine)
        let inference = Plan(architecture, batchSize: count, purpose: .inference, engine: engine)
        let start = architecture.initialParameters(seed: 3)
        let size = architecture.input.count
        for plan in [whole, single, inference] { plan.load(start) }
        Self.digits(whole, seed: 6)
        Self.digits(inference, seed: 6)
        let (result, gradient) = whole.gradient(count: count, dropout: Plan.noDropout, step: 0)
        let inferred = inference.evaluate(count: count)
        #expect(inferred.correct == result.correct)
        #expect(abs(inferred.lossSum - result.lossSum) < 1e-3)
        var mean = [Double](repeating: 0, count: start.count)
        var (loss, correct) = (0.0, Int64(0))
        for sample in 0..<count {
            single.images.update(from: whole.images + sample * size, count: size)
            single.labels[0] = whole.labels[sample]
            let one = single.gradient(count: 1, dropout: Plan.noDropout, step: 0)
            for (index, value) in one.gradient.array(in: 0..<start.count).enumerated() {
                mean[index] += Double(value) / Double(count)
            }
            loss += one.result.lossSum
            correct += one.result.correct
            for index in 0..<5 {
                let expected = single.logits[index]
                #expect(abs(whole.logits[sample * 5 + index] - expected) < 1e-5)
                #expect(abs(inference.logits[sample * 5 + index] - expected) < 1e-5)
            }
        }
        #expect(correct == result.correct)
        #expect(abs(loss - result.lossSum) < 1e-3)
        let found = gradient.array(in: 0..<start.count)
        #expect(zip(found, mean).allSatisfy { abs(Double($0) - $1) < 1e-6 })
        whole.begin(LocalOptimizer(learningRate: 0.5))
        _ = whole.trainStep(count: count, dropout: Plan.noDropout, step: 0)
        let moved = whole.parameters().array(in: 0..<start.count)
        for (index, value) in start.array(in: 0..<start.count).enumerated() {
            #expect(abs(moved[index] - (value - 0.5 * found[index])) < 1e-6)
        }
    }

    @Test("The parts of a batch, and batches, drop units by random numbers of their own")
    func dropoutOfParts() throws {
        let architecture = try Architecture(
            input: .vector(1), [.dense(64), .dropout(0.5), .dense(64)])
        let count = 2 * Plan.largestPart
        let plan = Plan(architecture, batchSize: count, purpose: .training)
        // The first kernel and the second bias are 0; logits tell which units were kept.
        plan.load(
            ParameterVector(
                (0..<architecture.parameterCount).map {
                    ($0 >= 64 && $0 < 128) || ($0 >= 128 && ($0 - 128) % 65 == 0 && $0 < 4224)
                        ? 1 : 0
                }))
        let key = RandomKey(seed: 4, purpose: .dropout)
        var seen: Set<[Float]> = []
        for step in 0..<3 {
            plan.forward(count: count, dropout: key, step: step)
            for sample in 0..<count {
                let row = Array(UnsafeBufferPointer(start: plan.logits + sample * 64, count: 64))
                #expect(row.allSatisfy { $0 == 0 || $0 == 2 })
                seen.insert(row)
            }
        }
        #expect(seen.count == 3 * count)
    }

    @Test(
        "Softmax and cross-entropy stay finite at huge logits", arguments: [Float(1e4), -1e4, 3e38])
    func hugeLogits(size: Float) {
        let logits: [Float] = [size, -size, 0, size, 0, -size]
        let labels: [Int32] = [1, 2]
        var gradient = [Float](repeating: .nan, count: 6)
        var correct: Int64 = 0
        let loss = ck_softmax_cross_entropy(logits, labels, 2, 3, 0, 0.5, &gradient, &correct)
        #expect(loss.isFinite)
        #expect(gradient.allSatisfy { $0.isFinite && abs($0) <= 0.5 })
        var even = [Float](repeating: 0, count: 3)
        let uniform = ck_softmax_cross_entropy(
            [size, size, size], [2], 1, 3, 0, 1, &even, &correct)
        #expect(abs(uniform - log(3.0)) < 1e-12)
    }

    @Test("An architecture that cannot be says why")
    func impossibleArchitectures() {
        let image = FeatureShape.image(height: 4, width: 4, channels: 1)
        let cases: [(FeatureShape, [Layer], String)] = [
            (
                image, [.dense(3)],
                "layer 1 (dense): it needs a vector, but gets an image of 4×4×1: put flatten before it"
            ),
            (
                image, [.flatten, .convolution(filters: 2, kernel: 3)],
                "layer 2 (convolution): it needs an image [H][W][C], but gets a vector of 16"
            ),
            (
                image, [.convolution(filters: 2, kernel: 5), .flatten, .dense(2)],
                "layer 1 (convolution): the 5×5 window does not fit into an image of 4×4×1"
            ),
            (
                image, [.convolution(filters: 0, kernel: 3), .flatten, .dense(2)],
                "layer 1 (convolution): 0 is not a size: it must be at least 1"
            ),
            (
                image, [.maxPooling(2, strides: 0), .flatten, .dense(2)],
                "layer 1 (max-pooling): 0×0 is not a size: it must be at least 1"
            ),
            (
                .vector(3), [.dropout(1), .dense(2)],
                "layer 1 (dropout): the rate 1.0 must be at least 0 and below 1"
            ),
            (
                image, [.convolution(filters: 2, kernel: 3)],
                "the last layer gives an image of 2×2×2: an architecture ends in a vector"
            ),
            (image, [.flatten], "none of the layers has parameters: there is nothing to train"),
        ]
        for (input, layers, sentence) in cases {
            let error = #expect(throws: ArchitectureError.self) {
                try Architecture(input: input, layers)
            }
            #expect(error?.description == sentence)
        }
    }

    @Test("An architecture survives JSON")
    func codable() throws {
        for model in NamedModel.allCases {
            let architecture = try model.architecture(
                input: .image(height: 28, width: 28, channels: 1))
            let data = try JSONEncoder().encode(architecture)
            #expect(try JSONDecoder().decode(Architecture.self, from: data) == architecture)
        }
    }

    @Test("Initial kernels are uniform within Glorot's limit, biases are zero")
    func initialization() throws {
        let architecture = try NamedModel.referenceCNN.architecture(
            input: .image(height: 28, width: 28, channels: 1))
        let parameters = architecture.initialParameters(seed: 3)
        #expect(parameters == architecture.initialParameters(seed: 3))
        #expect(parameters != architecture.initialParameters(seed: 4))
        for entry in architecture.layout.entries {
            let values = parameters.array(in: entry.range)
            guard entry.shape.count > 1 else {
                #expect(values.allSatisfy { $0 == 0 })
                continue
            }
            let area = entry.shape.dropLast(2).reduce(1, *)
            let limit = (6 / Double(area * entry.shape.suffix(2).reduce(0, +))).squareRoot()
            #expect(values.allSatisfy { abs(Double($0)) <= limit })
            let variance = values.reduce(0) { $0 + Double($1) * Double($1) } / Double(values.count)
            #expect(abs(variance / (limit * limit / 3) - 1) < 0.2)
        }
    }
}
