import CKernels
import NeuralNetworks
import Parameters
import Tensors
import TestThreads
import Testing

/// The fused engine against the plain one, its oracle, over many random shapes and at every level of
/// dispatch that this CPU has.
@Suite("The fused engine computes what the plain one does", .serialized, .holdsItsThreadNext)
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
        try compare(level, seeds: 1...60, 5e-5, Self.architecture)
    }

    @Test(
        "Logits and gradients of random networks with blocks, normalisation, strides",
        arguments: SIMDLevel.allCases)
    func randomBlocks(level: SIMDLevel) throws {
        // Deeper, so that rounding errors grow more.
        try compare(level, seeds: 1...60, 5e-4) { try RandomBlocks(&$0).architecture() }
    }

    private func compare(
        _ level: SIMDLevel, seeds: ClosedRange<UInt64>, _ tolerance: Float,
        _ make: (inout RandomStream) throws -> Architecture
    ) throws {
        ck_set_level(level.rawValue)
        defer { ck_set_level(ck_best_level()) }
        var fused = 0
        for seed in seeds {
            var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark, index: 7))
            let architecture = try make(&random)
            let comment: Comment = "seed \(seed), \(level): \(architecture.layers)"
            let batch = random.next(in: 1...11)
            let count = random.next(in: 1...batch)
            let parameters = ParameterVector(
                (0..<architecture.parameterCount).map { _ in Float(random.nextUniform(-0.3, 0.3)) })
            let results = Engine.allCases.map {
                Results(architecture, $0, parameters, batch: batch, count: count, seed: seed)
            }
            fused += results[1].fusedCount
            expectClose(results[1].inferred, results[0].inferred, 2e-5, comment)
            for step in 0...1 {
                expectClose(results[1].logits[step], results[0].logits[step], 2e-5, comment)
                // A bias in front of a normalisation has next to none: what is left is rounding.
                let largest = results[0].gradients[step].map(abs).max() ?? 0
                for entry in architecture.layout.entries {
                    expectClose(
                        Array(results[1].gradients[step][entry.range]),
                        Array(results[0].gradients[step][entry.range]), tolerance, comment,
                        least: 1e-2 * largest)
                }
            }
            expectClose(results[1].stepped, results[0].stepped, 5e-5, comment)
        }
        #expect(fused > 60)
    }

    /// What one engine makes of random images.
    private struct Results {
        var fusedCount: Int
        var logits: [[Float]] = []
        var gradients: [[Float]] = []
        var inferred: [Float] = []
        /// The parameters after a step that the operations take themselves.
        var stepped: [Float] = []

        init(
            _ architecture: Architecture, _ engine: Engine, _ parameters: ParameterVector,
            batch: Int, count: Int, seed: UInt64
        ) {
            let plan = Plan(architecture, batchSize: batch, purpose: .training, engine: engine)
            fusedCount = plan.operations.count { !($0 is any PlainOperation) }
            let key = RandomKey(seed: seed, purpose: .dropout)
            PlanTests.digits(plan, seed: seed)
            plan.load(parameters)
            // Twice, so that nothing is left over from the first batch.
            for step in 0...1 {
                let gradient = plan.gradient(count: count, dropout: key, step: step).gradient
                gradients.append(gradient.array(in: 0..<gradient.count))
                logits.append(Array(UnsafeBufferPointer(start: plan.logits, count: count * 10)))
            }
            plan.begin(LocalOptimizer(learningRate: 0.01))
            _ = plan.trainStep(count: count, dropout: key, step: 2)
            let moved = plan.parameters()
            stepped = moved.array(in: 0..<moved.count)
            let inference = Plan(
                architecture, batchSize: batch, purpose: .inference, engine: engine)
            PlanTests.digits(inference, seed: seed)
            inference.load(parameters)
            inference.forward(count: count)
            inferred = Array(UnsafeBufferPointer(start: inference.logits, count: count * 10))
        }
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

    @Test("A group-norm ResNet is made of fused operations, which keep its parts in the cache")
    func residualPlan() throws {
        defer { ck_set_level(ck_best_level()) }
        let architecture = try NamedModel.resNet.architecture(
            input: .image(height: 32, width: 32, channels: 3))
        for level in SIMDLevel.allCases {
            ck_set_level(level.rawValue)
            let plan = Plan(architecture, batchSize: 32, purpose: .training)
            #expect(plan.operations.prefix(2).map(\.name) == ["conv1", "groupnorm1+relu"])
            #expect(
                plan.operations.count { $0 is GroupNormalizationOperation } == 21,
                "\(plan.operations.map(\.name))")
            #expect(plan.operations.count { $0 is GeneralConvolutionOperation } == 20)
            #expect(plan.operations.count == 44)
            #expect(plan.partSize == 8)
        }
    }

    @Test("Parts depend on what all layers make, but never where digits are learnt")
    func parts() throws {
        for model in NamedModel.allCases where model != .resNet {
            let architecture = try model.architecture(
                input: .image(height: 28, width: 28, channels: 1))
            for batch in [1, 8, 32, 100, 128] {
                #expect(Plan.partSize(architecture, batchSize: batch) == min(batch, 32), "\(model)")
            }
        }
        let large = try Architecture(
            input: .image(height: 512, width: 512, channels: 3),
            [.convolution(filters: 64, kernel: 3), .globalAveragePooling, .dense(10)])
        #expect(Plan.partSize(large, batchSize: 7) == 1)
    }

    private func expectClose(
        _ found: [Float], _ expected: [Float], _ tolerance: Float, _ comment: Comment,
        least: Float = 1e-3
    ) {
        #expect(found.count == expected.count, comment)
        let scale = max(expected.map(abs).max() ?? 0, least, 1e-3)
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
