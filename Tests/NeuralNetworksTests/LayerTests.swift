import CKernels
import Foundation
import NeuralNetworks
import Parameters
import Tensors
import TestThreads
import Testing

/// y = a x, a counted along as the mean of all first numbers that came: a layer as someone else would write
/// it.
struct Counting: PlainLayer {
    static let kind = "counting"

    var factor: Float = 2

    func output(of input: FeatureShape) throws(LayerError) -> FeatureShape { input }

    func tensors(of input: FeatureShape) throws(LayerError) -> [LayerTensor] {
        [
            LayerTensor("scale", [1], .ones),
            LayerTensor("seen", [1], .zeros, isStatistic: true),
        ]
    }

    func forward(_ pass: LayerPass) {
        if let statistics = pass.statistics { statistics[1] += Float(pass.count) }
        for index in 0..<pass.count * pass.inputCount {
            pass.output[index] = factor * pass.parameters[0] * pass.input[index]
        }
    }

    func backward(_ pass: LayerPass, _ gradients: LayerGradients) {
        for index in 0..<pass.count * pass.inputCount {
            gradients.parameters[0] += factor * gradients.output[index] * pass.input[index]
            gradients.input?[index] = factor * pass.parameters[0] * gradients.output[index]
        }
        // What a layer says of its statistics moves nothing.
        gradients.parameters[1] += 1e6
    }
}

@Suite("Layers", .holdsItsThread)
struct LayerTests {
    static let builtInKinds = [
        "average-pooling", "batch-normalization", "convolution", "dense", "depthwise-convolution",
        "dropout", "elu", "embedding", "flatten", "gelu", "global-average-pooling",
        "global-max-pooling", "group-normalization", "layer-normalization", "leaky-relu",
        "max-pooling", "relu", "reshape", "residual", "sigmoid", "softplus", "tanh",
        "zero-padding",
    ]

    private static let image = FeatureShape.image(height: 6, width: 5, channels: 2)

    private func plan(
        _ architecture: Architecture, batchSize: Int, engine: Engine = .fused,
        purpose: Plan.Purpose = .training
    ) -> Plan {
        let plan = Plan(architecture, batchSize: batchSize, purpose: purpose, engine: engine)
        PlanTests.digits(plan, seed: 3)
        plan.load(Self.parameters(architecture))
        return plan
    }

    /// Initial parameters and a little more, so that none is 0.
    static func parameters(_ architecture: Architecture) -> ParameterVector {
        var random = RandomStream(RandomKey(seed: 8, purpose: .benchmark))
        return architecture.initialParameters(seed: 4).map {
            $0 + Float(random.nextUniform(-0.05, 0.05))
        }
    }

    @Test("Each kind comes back from its JSON, and what may be left out is what makers leave out")
    func coding() throws {
        #expect(Set(Self.builtInKinds).isSubset(of: Layer.kindNames))
        let layers: [(Layer, String)] = [
            (.averagePooling(2), #"{"layer": "average-pooling", "window": 2}"#),
            (.globalAveragePooling, #"{"layer": "global-average-pooling"}"#),
            (.globalMaxPooling, #"{"layer": "global-max-pooling"}"#),
            (
                .depthwiseConvolution(kernel: Extent2D(height: 3, width: 2)),
                #"{"layer": "depthwise-convolution", "kernel": [3, 2]}"#
            ),
            (.zeroPadding(left: 2), #"{"layer": "zero-padding", "left": 2}"#),
            (.groupNormalization(groups: 2), #"{"layer": "group-normalization", "groups": 2}"#),
            (.layerNormalization(), #"{"layer": "layer-normalization"}"#),
            (.batchNormalization(), #"{"layer": "batch-normalization"}"#),
            (
                .batchNormalization(momentum: 0.9, epsilon: 0.1),
                #"{"layer": "batch-normalization", "momentum": 0.9, "epsilon": 0.1}"#
            ),
            (.leakyReLU(), #"{"layer": "leaky-relu"}"#), (.elu(), #"{"layer": "elu"}"#),
            (.tanh, #"{"layer": "tanh"}"#), (.sigmoid, #"{"layer": "sigmoid"}"#),
            (.gelu(), #"{"layer": "gelu"}"#),
            (.gelu(approximate: true), #"{"layer": "gelu", "approximate": true}"#),
            (.softplus, #"{"layer": "softplus"}"#),
            (
                .embedding(count: 7, size: 3),
                #"{"layer": "embedding", "count": 7, "size": 3}"#
            ),
        ]
        for (layer, text) in layers {
            #expect(try JSONDecoder().decode(Layer.self, from: Data(text.utf8)) == layer, "\(text)")
            let data = try JSONEncoder().encode(layer)
            #expect(try JSONDecoder().decode(Layer.self, from: data) == layer, "\(text)")
        }
    }

    @Test("A layer that can't be says why, after its place")
    func impossible() {
        let cases: [(FeatureShape, [Layer], String)] = [
            (
                Self.image, [.groupNormalization(groups: 3)],
                "layer 1 (group-normalization): 3 groups do not divide 2 channels"
            ),
            (
                Self.image, [.groupNormalization(groups: 0)],
                "layer 1 (group-normalization): 0 is not a size: it must be at least 1"
            ),
            (
                Self.image, [.batchNormalization(epsilon: 0)],
                "layer 1 (batch-normalization): its ε 0.0 must be a number above 0"
            ),
            (
                Self.image, [.batchNormalization(momentum: 1.5)],
                "layer 1 (batch-normalization): the momentum 1.5 of its statistics must be 0 to 1"
            ),
            (
                Self.image, [.layerNormalization(epsilon: .nan)],
                "layer 1 (layer-normalization): its ε nan must be a number above 0"
            ),
            (
                Self.image, [.averagePooling(7)],
                "layer 1 (average-pooling): the 7×7 window does not fit into an image of 6×5×2"
            ),
            (
                .vector(4), [.globalAveragePooling],
                "layer 1 (global-average-pooling): it needs an image [H][W][C], but gets a vector "
                    + "of 4"
            ),
            (
                Self.image, [.residual([.depthwiseConvolution(kernel: 2, multiplier: 0)])],
                "layer 1.1 (depthwise-convolution): 0 is not a size: it must be at least 1"
            ),
            (
                Self.image, [.zeroPadding(top: -1)],
                "layer 1 (zero-padding): a padding of -1 must be at least 0"
            ),
            (
                Self.image, [.embedding(count: 3, size: 2)],
                "layer 1 (embedding): it needs a vector, but gets an image of 6×5×2: put flatten "
                    + "before it"
            ),
            (
                .vector(3), [.embedding(count: 1 << 25, size: 2)],
                "layer 1 (embedding): 33554432 words is more than any model here has"
            ),
            (
                .vector(3), [.leakyReLU(slope: -1)],
                "layer 1 (leaky-relu): the slope -1.0 must be a number of at least 0"
            ),
            (
                Self.image, [.residual([.convolution(filters: 3, kernel: 1)])],
                "layer 1 (residual): its layers give 6×5×3 and its shortcut 6×5×2: both are to be "
                    + "alike"
            ),
        ]
        for (input, layers, sentence) in cases {
            let error = #expect(throws: ArchitectureError.self) {
                try Architecture(input: input, layers + [.flatten, .dense(2)])
            }
            #expect(error?.description == sentence)
        }
    }

    @Test("A kind of one's own is coded, trained and counted along as any")
    func own() throws {
        Layer.register(Counting.self)
        #expect(Layer.kindNames.contains("counting"))
        let text =
            #"{"input": [3], "layers": [{"layer": "counting", "factor": 3}, "#
            + #"{"layer": "dense", "units": 2}]}"#
        let architecture = try JSONDecoder().decode(Architecture.self, from: Data(text.utf8))
        #expect(architecture.layers == [Layer(Counting(factor: 3)), .dense(2)])
        #expect(architecture.layout.entries.map(\.name).first == "counting1/scale")
        #expect(architecture.statistics == [1..<2])
        #expect(architecture.localRanges == [0..<1, 1..<2])
        for optimizer in [
            LocalOptimizer(learningRate: 0.1), LocalOptimizer(learningRate: 0.1, momentum: 0.9),
            LocalOptimizer(learningRate: 0.1, weightDecay: 0.1, gradientClip: 1),
            LocalOptimizer(.adam, learningRate: 0.1, weightDecay: 0.1, proximal: 1),
        ] {
            let plan = plan(architecture, batchSize: 70)
            let start = plan.parameters().array(in: 0..<2)
            plan.begin(optimizer)
            for step in 0..<3 {
                _ = plan.trainStep(count: 65, dropout: Plan.noDropout, step: step)
            }
            let trained = plan.parameters().array(in: 0..<2)
            #expect(trained[0] != start[0], "\(optimizer)")
            #expect(abs(trained[1] - start[1] - 3 * 65) < 1e-3, "\(optimizer)")
        }
    }

    @Test("Words that there are none of give NaN and read nothing", arguments: Engine.allCases)
    func words(engine: Engine) throws {
        let architecture = try Architecture(
            input: .vector(3), [.embedding(count: 4, size: 2), .globalAveragePooling, .dense(2)])
        let plan = plan(architecture, batchSize: 1, engine: engine)
        for word in [0, 3] as [Float] {
            for index in 0..<3 { plan.images[index] = word }
            #expect(plan.evaluate(count: 1).lossSum.isFinite)
        }
        for word in [-1, 4, 1.5, 1e30, -.infinity, .infinity, .nan] as [Float] {
            for index in 0..<3 { plan.images[index] = index == 1 ? word : 2 }
            let (result, gradient) = plan.gradient(count: 1, dropout: Plan.noDropout, step: 0)
            #expect(result.lossSum.isNaN, "\(word)")
            // Words that did not come have no gradient.
            #expect(gradient.array(in: 0..<4) == [0, 0, 0, 0], "\(word)")
        }
    }

    @Test("A batch is normalised whole, however large", arguments: Engine.allCases)
    func largeBatches(engine: Engine) throws {
        let architecture = try Architecture(
            input: Self.image,
            [
                .convolution(filters: 16, kernel: 3), .batchNormalization(), .relu, .flatten,
                .dense(32, activation: .relu), .dense(3),
            ])
        #expect(architecture.statistics.count == 2)
        let count = 2 * Plan.largestPart + 6
        let whole = plan(architecture, batchSize: count, engine: engine)
        _ = whole.gradient(count: count, dropout: Plan.noDropout, step: 0)
        let found = UnsafeBufferPointer(start: whole.logits, count: 3 * count).map(Double.init)
        let reference = DoubleReference(architecture: architecture)
        let size = Self.image.count
        let inputs = (0..<count).map { sample in
            (0..<size).map { Double(whole.images[sample * size + $0]) }
        }
        let start = whole.parameters().array(in: 0..<architecture.parameterCount)
        let expected = reference.logits(start.map(Double.init), inputs).flatMap(\.self)
        #expect(found.count == expected.count)
        let scale = max(expected.map(abs).max() ?? 0, 1)
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 * scale })
    }

    @Test("Whatever a server makes of a variance, normalising by it gives numbers")
    func negativeVariance() throws {
        let architecture = try Architecture(input: .vector(2), [.batchNormalization(), .dense(2)])
        let plan = plan(architecture, batchSize: 1, purpose: .inference)
        var model = Self.parameters(architecture)
        let variance = try #require(architecture.layout["batchnorm1/variance"])
        model.withUnsafeMutableBufferPointer { $0[variance.offset] = -3 }
        plan.load(model)
        #expect(plan.evaluate(count: 1).lossSum.isFinite)
    }

    @Test("Dropout leaves what others read again", arguments: Engine.allCases)
    func dropoutBehindPlainLayers(engine: Engine) throws {
        // With all kept, a network with dropout has the gradient of one without.
        func gradient(_ layers: [Layer], _ rate: Double) throws -> [Float] {
            let architecture = try Architecture(
                input: .vector(4), layers + (rate < 0 ? [] : [.dropout(rate)]) + [.dense(3)])
            let plan = plan(architecture, batchSize: 2, engine: engine)
            let found = plan.gradient(count: 2, dropout: Plan.noDropout, step: 0).gradient
            return found.array(in: 0..<found.count)
        }
        for layer in [Layer.tanh, .sigmoid, .residual([.dropout(1e-6), .tanh])] {
            let layers: [Layer] = [.dense(64), layer]
            let (with, without) = (try gradient(layers, 1e-6), try gradient(layers, -1))
            #expect(with.count == without.count)
            #expect(zip(with, without).allSatisfy { abs($0 - $1) < 1e-5 })
        }
        // At a rate of ½ what is kept counts twice: so says dropout, and tanh must not see it.
        let architecture = try Architecture(
            input: .vector(1), [.dense(64), .tanh, .dropout(0.5), .dense(64)])
        let halved = plan(architecture, batchSize: 1, engine: engine)
        halved.images[0] = 0.5
        halved.load(
            ParameterVector(
                (0..<architecture.parameterCount).map { index in
                    index < 64 ? 1 : index >= 128 && (index - 128) % 65 == 0 && index < 4224 ? 1 : 0
                }))
        let (_, found) = halved.gradient(count: 1, dropout: Plan.noDropout, step: 0)
        let slope = 1 - tanh(0.5) * tanh(0.5)
        let own = found.array(in: 0..<128)
        #expect(own.contains { $0 != 0 })
        // dkernel = x dbias, and a bias's gradient is its own logit's times 2 and tanh′.
        let second = found.array(in: 4224..<4288)
        for unit in 0..<64 where own[64 + unit] != 0 {
            #expect(abs(Double(own[64 + unit]) - 2 * slope * Double(second[unit])) < 1e-6)
            #expect(abs(own[unit] - 0.5 * own[64 + unit]) < 1e-6)
        }
    }

    @Test("Images stay as they were where dropout is the first layer", arguments: Engine.allCases)
    func dropoutFirst(engine: Engine) throws {
        let architecture = try Architecture(input: .vector(50), [.dropout(0.5), .dense(2)])
        let plan = plan(architecture, batchSize: 2, engine: engine)
        let before = Array(UnsafeBufferPointer(start: plan.images, count: 100))
        plan.forward(count: 2)
        #expect(Array(UnsafeBufferPointer(start: plan.images, count: 100)) == before)
    }
}
