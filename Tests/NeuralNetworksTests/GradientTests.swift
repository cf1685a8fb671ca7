import NeuralNetworks
import Parameters
import Tensors
import TestThreads
import Testing

@Suite("Gradients against central differences in double precision", .holdsItsThread)
struct GradientTests {
    /// Small odd shapes, so that nothing divides by anything.
    static let cases: [(name: String, input: FeatureShape, layers: [Layer])] = {
        let image = FeatureShape.image(height: 7, width: 5, channels: 3)
        let grey = FeatureShape.image(height: 6, width: 9, channels: 1)
        func then(_ layers: Layer...) -> [Layer] { layers + [.flatten, .dense(3)] }
        return [
            ("dense", .vector(7), [.dense(4)]),
            ("dense, ReLU", .vector(7), [.dense(5, activation: .relu), .dense(3)]),
            ("ReLU", .vector(5), [.dense(6), .relu, .dense(3)]),
            ("convolution", image, then(.convolution(filters: 4, kernel: 3))),
            (
                "convolution of one channel", grey,
                then(.convolution(filters: 5, kernel: 3, activation: .relu))
            ),
            (
                "convolution, same", image,
                then(.convolution(filters: 2, kernel: 3, padding: .same, activation: .relu))
            ),
            (
                "convolution, even window, same", image,
                then(
                    .convolution(filters: 2, kernel: Extent2D(height: 4, width: 2), padding: .same))
            ),
            (
                "convolution, strides", image,
                then(.convolution(filters: 3, kernel: 3, strides: Extent2D(height: 2, width: 3)))
            ),
            (
                "convolution, strides, same", grey,
                then(.convolution(filters: 3, kernel: 3, strides: 2, padding: .same))
            ),
            (
                "convolution 1×1 and window of the whole image", image,
                then(
                    .convolution(filters: 2, kernel: 1),
                    .convolution(filters: 4, kernel: Extent2D(height: 7, width: 5)))
            ),
            (
                "two convolutions", image,
                then(
                    .convolution(filters: 3, kernel: 3, activation: .relu),
                    .convolution(filters: 2, kernel: Extent2D(height: 3, width: 1)))
            ),
            ("pooling", image, then(.convolution(filters: 2, kernel: 1), .maxPooling(2))),
            (
                "pooling, overlapping", image,
                then(.convolution(filters: 2, kernel: 1), .maxPooling(3, strides: 2))
            ),
            (
                "pooling, same", image,
                then(
                    .convolution(filters: 2, kernel: 1),
                    .maxPooling(3, strides: Extent2D(height: 2, width: 1), padding: .same))
            ),
            (
                "pooling with gaps", grey,
                then(.convolution(filters: 2, kernel: 1), .maxPooling(2, strides: 3))
            ),
            (
                "average pooling, overlapping, same", image,
                then(
                    .convolution(filters: 2, kernel: 1),
                    .averagePooling(3, strides: 2, padding: .same))
            ),
            (
                "average pooling with gaps", grey,
                then(.convolution(filters: 2, kernel: 1), .averagePooling(2, strides: 3))
            ),
            (
                "global average pooling", image,
                [.convolution(filters: 4, kernel: 2), .globalAveragePooling, .dense(3)]
            ),
            (
                "global max pooling", image,
                [.convolution(filters: 4, kernel: 2), .globalMaxPooling, .dense(3)]
            ),
            (
                "zero padding", grey,
                then(
                    .convolution(filters: 2, kernel: 2),
                    .zeroPadding(top: 1, bottom: 2, left: 3), .convolution(filters: 2, kernel: 3))
            ),
            (
                "depthwise convolution", image,
                then(.convolution(filters: 4, kernel: 2), .depthwiseConvolution(kernel: 3))
            ),
            (
                "depthwise convolution, three outputs a channel, strides, same, ReLU", image,
                then(
                    .convolution(filters: 2, kernel: 2),
                    .depthwiseConvolution(
                        kernel: Extent2D(height: 2, width: 3), multiplier: 3, strides: 2,
                        padding: .same, activation: .relu))
            ),
            (
                "group normalization", image,
                then(.convolution(filters: 6, kernel: 2), .groupNormalization(groups: 3), .tanh)
            ),
            (
                "group normalization of a vector", .vector(5),
                [.dense(6), .groupNormalization(groups: 2, epsilon: 0.1), .dense(3)]
            ),
            (
                "layer normalization", image,
                then(.convolution(filters: 5, kernel: 2), .layerNormalization(epsilon: 0.1), .tanh)
            ),
            (
                "layer normalization of a vector", .vector(5),
                [.dense(6), .layerNormalization(), .dense(3)]
            ),
            (
                "batch normalization", image,
                then(.convolution(filters: 4, kernel: 2), .batchNormalization(), .tanh)
            ),
            (
                "batch normalization of a vector", .vector(5),
                [.dense(6), .batchNormalization(epsilon: 0.1), .dense(3)]
            ),
            (
                "normalization of the input itself", image,
                then(.batchNormalization(), .groupNormalization(groups: 1), .layerNormalization())
            ),
            ("leaky ReLU", .vector(5), [.dense(6), .leakyReLU(slope: 0.1), .dense(3)]),
            ("ELU", .vector(5), [.dense(6), .elu(alpha: 0.7), .dense(3)]),
            ("tanh", .vector(5), [.dense(6), .tanh, .dense(3)]),
            ("sigmoid", .vector(5), [.dense(6), .sigmoid, .dense(3)]),
            ("GELU", .vector(5), [.dense(6), .gelu(), .dense(3)]),
            ("GELU by tanh", .vector(5), [.dense(6), .gelu(approximate: true), .dense(3)]),
            ("softplus", .vector(5), [.dense(6), .softplus, .dense(3)]),
            (
                "a residual block", image,
                then(
                    .convolution(filters: 2, kernel: 2),
                    .residual([
                        .convolution(filters: 2, kernel: 3, padding: .same), .tanh,
                        .convolution(filters: 2, kernel: 3, padding: .same),
                    ]), .tanh)
            ),
            (
                "nested residual blocks with a shortcut, at the input", image,
                then(
                    .residual(
                        [
                            .residual(
                                [.layerNormalization(), .convolution(filters: 3, kernel: 1)],
                                shortcut: [.depthwiseConvolution(kernel: 1)]),
                            .convolution(filters: 4, kernel: 3, strides: 2, padding: .same),
                            .groupNormalization(groups: 2),
                        ],
                        shortcut: [
                            .convolution(filters: 4, kernel: 1, strides: 2, padding: .same)
                        ]), .tanh)
            ),
            (
                "a block of nothing", .vector(4),
                [.dense(5), .residual([]), .residual([.flatten], shortcut: [.tanh]), .dense(3)]
            ),
        ]
    }()

    @Test(arguments: cases)
    func gradient(name: String, input: FeatureShape, layers: [Layer]) throws {
        let architecture = try Architecture(input: input, layers)
        for engine in Engine.allCases {
            for seed in UInt64(1)...3 {
                try check(
                    architecture, engine, seed: seed, comment: "\(name), \(engine), seed \(seed)")
            }
        }
    }

    private func check(
        _ architecture: Architecture, _ engine: Engine, seed: UInt64, comment: Comment
    ) throws {
        let batch = 3
        var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
        let parameters = (0..<architecture.parameterCount).map { _ in
            Float(random.nextUniform(-0.7, 0.7))
        }
        let inputs = (0..<batch).map { _ in
            (0..<architecture.input.count).map { _ in Float(random.nextUniform(-1, 1)) }
        }
        let labels = (0..<batch).map { _ in random.next(below: architecture.classCount) }

        let plan = Plan(architecture, batchSize: 4, purpose: .training, engine: engine)
        for (row, input) in inputs.enumerated() {
            (plan.images + row * input.count).update(from: input, count: input.count)
            plan.labels[row] = Int32(labels[row])
        }
        plan.load(ParameterVector(parameters))
        let (result, gradient) = plan.gradient(count: batch, dropout: Plan.noDropout, step: 0)
        let analytic = gradient.array(in: 0..<gradient.count)

        let reference = DoubleReference(architecture: architecture)
        let wide = inputs.map { $0.map(Double.init) }
        var moved = parameters.map(Double.init)
        #expect(
            abs(result.lossSum / Double(batch) - reference.loss(moved, wide, labels)) < 1e-5,
            comment)
        let h = 1e-6
        var worst = 0.0
        var largest = 0.0
        for index in moved.indices {
            let centre = moved[index]
            moved[index] = centre + h
            let above = reference.loss(moved, wide, labels)
            moved[index] = centre - h
            let below = reference.loss(moved, wide, labels)
            moved[index] = centre
            let numeric = (above - below) / (2 * h)
            worst = max(worst, abs(numeric - Double(analytic[index])))
            largest = max(largest, abs(numeric))
        }
        #expect(largest > 1e-3, comment)
        #expect(worst < 2e-5 * max(largest, 1), comment)
    }

    @Test("Dropout's gradient is that of the network without the dropped units")
    func dropout() throws {
        let input = FeatureShape.vector(6)
        let rate = 0.4
        let architecture = try Architecture(
            input: input, [.dense(70, activation: .relu), .dropout(rate), .dense(3)])
        let parameters = architecture.initialParameters(seed: 5)
        let plan = Plan(architecture, batchSize: 1, purpose: .training)
        for i in 0..<6 { plan.images[i] = Float(i) / 6 }
        plan.labels[0] = 1
        let key = RandomKey(seed: 9, purpose: .dropout, client: 1, round: 3)
        plan.load(parameters)
        let (result, gradient) = plan.gradient(count: 1, dropout: key, step: 4)
        let analytic = gradient.array(in: 0..<gradient.count)

        // The same flags, put into the reference by scaling the second kernel's rows.
        var mask = [UInt64](repeating: 0, count: 2)
        KeepMask.fill(
            &mask, count: 70, keep: 1 - rate, key: key.with(index: 1),
            block: 4 * KeepMask.blockCount(70, keep: 1 - rate))
        let kept = (0..<70).map { unit -> Bool in
            let word: UInt64 = mask[unit / 64] >> UInt64(unit % 64)
            return word & 1 == 1
        }
        #expect((20..<65).contains(kept.count { $0 }))
        var wide = parameters.array(in: 0..<parameters.count).map(Double.init)
        let second = try #require(architecture.layout["dense2/kernel"])
        for unit in 0..<70 {
            for o in 0..<3 {
                wide[second.offset + unit * 3 + o] *= kept[unit] ? 1 / (1 - rate) : 0
            }
        }
        let reference = DoubleReference(architecture: architecture)
        let inputs: [[Double]] = [(0..<6).map { Double(Float($0) / 6) }]
        #expect(abs(result.lossSum - reference.loss(wide, inputs, [1])) < 1e-5)
        for index in stride(from: 0, to: second.offset, by: 7) {
            let centre = wide[index]
            wide[index] = centre + 1e-6
            let above = reference.loss(wide, inputs, [1])
            wide[index] = centre - 1e-6
            let below = reference.loss(wide, inputs, [1])
            wide[index] = centre
            #expect(abs((above - below) / 2e-6 - Double(analytic[index])) < 2e-5)
        }
    }
}
