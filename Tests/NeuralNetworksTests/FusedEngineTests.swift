import CKernels
import NeuralNetworks
import Parameters
import Tensors
import TestThreads
import Testing

/// The fused engine against the plain one, its oracle, over many random shapes and at every level of
/// dispatch that this CPU has.
@Suite("The fused engine computes what the plain one does", .serialized, .holdsItsThread)
struct FusedEngineTests {
    /// Random sizes: odd images, one channel and several, filters that do and do not fill vectors,
    /// pooling windows that divide and that do not.
    static func architecture(_ random: inout RandomStream) throws -> Architecture {
        let channels = [1, 1, 2, 3, 16][random.next(below: 5)]
        let filters = [4, 8, 16, 32, 48, 10]
        let kernels = [3, 3, 3, 5, 1, 2]
        var layers: [Layer] = []
        for _ in 0...random.next(below: 2) {
            let side = kernels[random.next(below: kernels.count)]
            let height = random.next(below: 4) == 0 ? 3 : side
            layers.append(
                .convolution(
                    filters: filters[random.next(below: filters.count)],
                    kernel: Extent2D(height: height, width: side),
                    padding: random.next(below: 2) == 0 ? .same : .valid, activation: .relu))
            if random.next(below: 3) > 0 { layers.append(.maxPooling(2)) }
            if random.next(below: 3) == 0 { layers.append(.dropout(0.25)) }
        }
        layers.append(.flatten)
        layers.append(
            .dense([16, 32, 128, 24, 7][random.next(below: 5)], activation: .relu))
        if random.next(below: 2) == 0 { layers.append(.dropout(0.5)) }
        layers.append(.dense(10))
        return try Architecture(
            input: .image(
                height: random.next(in: 12...19), width: random.next(in: 12...19),
                channels: channels),
            layers)
    }

    @Test("Logits and gradients of random networks", arguments: SIMDLevel.allCases)
    func randomNetworks(level: SIMDLevel) throws {
        ck_set_level(level.rawValue)
        defer { ck_set_level(ck_best_level()) }
        var fused = 0
        for seed in UInt64(1)...60 {
            var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark, index: 7))
            let architecture = try Self.architecture(&random)
            let comment: Comment = "seed \(seed), \(level): \(architecture.layers)"
            let batch = random.next(in: 1...11)
            let count = random.next(in: 1...batch)
            let parameters = ParameterVector(
                (0..<architecture.parameterCount).map { _ in Float(random.nextUniform(-0.3, 0.3)) })
            let plans = Engine.allCases.map {
                Plan(architecture, batchSize: batch, purpose: .training, engine: $0)
            }
            fused += plans[1].operations.count { !($0 is any PlainOperation) }
            let key = RandomKey(seed: seed, purpose: .dropout)
            var logits: [[Float]] = []
            var gradients: [[Float]] = []
            for plan in plans {
                PlanTests.digits(plan, seed: seed)
                plan.load(parameters)
                // Twice, so that nothing is left over from the first batch.
                for step in 0...1 {
                    let gradient = plan.gradient(count: count, dropout: key, step: step).gradient
                    gradients.append(gradient.array(in: 0..<gradient.count))
                    logits.append(
                        Array(UnsafeBufferPointer(start: plan.logits, count: count * 10)))
                }
            }
            let inferred = Engine.allCases.map { engine in
                let plan = Plan(
                    architecture, batchSize: batch, purpose: .inference, engine: engine)
                PlanTests.digits(plan, seed: seed)
                plan.load(parameters)
                plan.forward(count: count)
                return Array(UnsafeBufferPointer(start: plan.logits, count: count * 10))
            }
            expectClose(inferred[1], inferred[0], 2e-5, comment)
            for step in 0...1 {
                expectClose(logits[step + 2], logits[step], 2e-5, comment)
                for entry in architecture.layout.entries {
                    expectClose(
                        Array(gradients[step + 2][entry.range]),
                        Array(gradients[step][entry.range]), 5e-5, comment)
                }
            }
        }
        #expect(fused > 60)
    }

    @Test("A step of gradient descent is the gradient's", arguments: Engine.allCases)
    func step(engine: Engine) throws {
        let architecture = try NamedModel.referenceCNN.architecture(
            input: .image(height: 28, width: 28, channels: 1))
        let plan = Plan(architecture, batchSize: 3, purpose: .training, engine: engine)
        let start = architecture.initialParameters(seed: 1)
        PlanTests.digits(plan, seed: 1)
        plan.load(start)
        let key = RandomKey(seed: 1, purpose: .dropout)
        let gradient = plan.gradient(count: 3, dropout: key, step: 9).gradient
        plan.begin(LocalOptimizer(learningRate: 0.5))
        _ = plan.trainStep(count: 3, dropout: key, step: 9)
        let moved = plan.parameters()
        let whole = 0..<start.count
        let expected = zip(start.array(in: whole), gradient.array(in: whole)).map { $0 - 0.5 * $1 }
        expectClose(moved.array(in: whole), expected, 1e-6, "\(engine)")
    }

    @Test("The rule for Winograd is the shape's alone")
    func rule() {
        func side(_ kernel: Int, _ size: Int) -> Int? {
            let window = ck_window(
                in_h: Int32(size), in_w: Int32(size), channels: 32, window_h: Int32(kernel),
                window_w: Int32(kernel), stride_h: 1, stride_w: 1, pad_top: 0, pad_left: 0,
                out_h: Int32(size - kernel + 1), out_w: Int32(size - kernel + 1))
            var arena = ArenaPlan()
            return FusedConvolution(
                window: window, filters: 64, pools: true, kernel: 0, bias: 0, paddedChannels: 32,
                paddedFilters: 64, arena: &arena
            ).winogradSide
        }
        #expect(side(3, 26) == 4)
        #expect(side(3, 6) == 4)
        #expect(side(3, 5) == nil)
        #expect(side(5, 26) == 2)
        #expect(side(5, 6) == 2)
        #expect(side(5, 5) == nil)
        #expect(side(1, 26) == nil)
    }

    @Test("The reference CNN is made of fused operations at every level")
    func referencePlan() throws {
        defer { ck_set_level(ck_best_level()) }
        let architecture = try NamedModel.referenceCNN.architecture(
            input: .image(height: 28, width: 28, channels: 1))
        for level in SIMDLevel.allCases {
            ck_set_level(level.rawValue)
            let plan = Plan(architecture, batchSize: 8, purpose: .training)
            #expect(
                plan.operations.map(\.name)
                    == ["conv1", "conv2+pool+dropout", "dense1+dropout", "dense2"])
            #expect(plan.operations[0] is DirectConvolutionOperation)
            #expect(plan.operations[1] is PooledConvolutionOperation)
            #expect(plan.operations[2] is PackedDenseOperation)
            #expect(plan.operations[3] is PackedDenseOperation)
        }
    }

    @Test("Filters that fill no vectors are filled up where the next convolution takes them")
    func paddedFilters() throws {
        defer { ck_set_level(ck_best_level()) }
        let architecture = try NamedModel.niidCNN.architecture(
            input: .image(height: 28, width: 28, channels: 1))
        for level in SIMDLevel.allCases {
            ck_set_level(level.rawValue)
            let plan = Plan(architecture, batchSize: 8, purpose: .training)
            #expect(
                plan.operations.map(\.name)
                    == ["conv1+pool", "conv2+pool", "dense1", "dense2", "dense3"])
            #expect(plan.operations.allSatisfy { !($0 is any PlainOperation) })
        }
    }

    private func expectClose(
        _ found: [Float], _ expected: [Float], _ tolerance: Float, _ comment: Comment
    ) {
        #expect(found.count == expected.count, comment)
        let scale = max(expected.map(abs).max() ?? 0, 1e-3)
        let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
        #expect(worst <= tolerance * scale, comment)
    }
}

/// Operations that make up the plain engine.
private protocol PlainOperation {}
extension ConvolutionOperation: PlainOperation {}
extension PoolingOperation: PlainOperation {}
extension DenseOperation: PlainOperation {}
extension ReLUOperation: PlainOperation {}
extension DropoutOperation: PlainOperation {}
