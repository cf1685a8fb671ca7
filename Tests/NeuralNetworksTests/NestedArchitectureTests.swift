import CKernels
import NeuralNetworks
import Parameters
import Tensors
import TestThreads
import Testing

/// Blocks in blocks and normalisation among layers that the fused engine joins.
@Suite("Nested architectures in both engines", .serialized, .holdsItsThreadNext)
struct NestedArchitectureTests {
    /// A network of random layers behind each other and in blocks, all of whose images stay as large as the
    /// input.
    private static func layers(_ random: inout RandomStream, depth: Int) -> [Layer] {
        let filters = 16
        var layers: [Layer] = []
        for _ in 0..<random.next(in: 1...3) {
            switch random.next(below: depth > 0 ? 9 : 6) {
            case 0:
                layers.append(
                    .convolution(filters: filters, kernel: 3, padding: .same, activation: .relu))
            case 1: layers.append(.groupNormalization(groups: 4))
            case 2: layers.append(.batchNormalization())
            case 3: layers.append(.dropout(0.25))
            case 4: layers.append([.tanh, .leakyReLU(), .gelu()][random.next(below: 3)])
            case 5:
                layers.append(.convolution(filters: filters, kernel: 1, padding: .same))
            case 6: layers.append(.depthwiseConvolution(kernel: 3, padding: .same))
            default:
                let inner = Self.layers(&random, depth: depth - 1)
                let shortcut =
                    random.next(below: 2) == 0 ? [] : Self.layers(&random, depth: depth - 1)
                layers.append(.residual(inner, shortcut: shortcut))
            }
        }
        return layers
    }

    static func architecture(_ random: inout RandomStream) throws -> Architecture {
        let end: [Layer] =
            random.next(below: 2) == 0
            ? [.globalAveragePooling]
            : [
                .convolution(filters: 16, kernel: 3, activation: .relu), .maxPooling(2), .flatten,
                .dense(32, activation: .relu),
            ]
        return try Architecture(
            input: .image(height: 9, width: 8, channels: 16),
            layers(&random, depth: 2) + end + [.dense(10)])
    }

    @Test("Logits, gradients and steps of random blocks", arguments: SIMDLevel.allCases)
    func randomBlocks(level: SIMDLevel) throws {
        ck_set_level(level.rawValue)
        defer { ck_set_level(ck_best_level()) }
        var blocks = 0
        for seed in UInt64(1)...30 {
            var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark, index: 11))
            let architecture = try Self.architecture(&random)
            blocks += architecture.layers.count { $0.base is Residual }
            let note: Comment = "seed \(seed), \(level): \(architecture.layers)"
            let batch = random.next(in: 2...6)
            let parameters = LayerTests.parameters(architecture)
            let key = RandomKey(seed: seed, purpose: .dropout)
            var found: [(logits: [Float], gradient: [Float], model: [Float])] = []
            for engine in Engine.allCases {
                let plan = Plan(architecture, batchSize: batch, purpose: .training, engine: engine)
                let bytes = Plan.byteCount(
                    architecture, batchSize: batch, purpose: .training, engine: engine)
                #expect(bytes == 4 * plan.arena.count, note)
                PlanTests.digits(plan, seed: seed)
                plan.load(parameters)
                _ = plan.gradient(count: batch, dropout: key, step: 0)
                let gradient = plan.gradient(count: batch, dropout: key, step: 1).gradient
                let logits = Array(UnsafeBufferPointer(start: plan.logits, count: batch * 10))
                plan.begin(LocalOptimizer(learningRate: 0.01, momentum: 0.5))
                for step in 0..<2 {
                    _ = plan.trainStep(count: batch, dropout: key, step: step)
                }
                let whole = 0..<architecture.parameterCount
                found.append(
                    (logits, gradient.array(in: whole), plan.parameters().array(in: whole)))
            }
            expectClose(found[1].logits, found[0].logits, 1e-4, note)
            let norm = found[0].gradient.map(abs).max() ?? 0
            #expect(norm.isFinite && norm > 0, note)
            expectClose(found[1].gradient, found[0].gradient, 5e-4, note)
            expectClose(found[1].model, found[0].model, 5e-4, note)
        }
        #expect(blocks > 10)
    }

    @Test("A group-norm ResNet is the same in both engines", arguments: SIMDLevel.allCases)
    func resNet(level: SIMDLevel) throws {
        ck_set_level(level.rawValue)
        defer { ck_set_level(ck_best_level()) }
        let architecture = try NamedModel.resNet.architecture(
            input: .image(height: 16, width: 16, channels: 3))
        let found = Engine.allCases.map { engine in
            let plan = Plan(architecture, batchSize: 2, purpose: .training, engine: engine)
            PlanTests.digits(plan, seed: 5)
            plan.load(architecture.initialParameters(seed: 5))
            let gradient = plan.gradient(count: 2, dropout: Plan.noDropout, step: 0).gradient
            return (
                Array(UnsafeBufferPointer(start: plan.logits, count: 20)),
                gradient.array(in: 0..<gradient.count)
            )
        }
        expectClose(found[1].0, found[0].0, 1e-4, "\(level)")
        expectClose(found[1].1, found[0].1, 5e-4, "\(level)")
    }

    private func expectClose(
        _ found: [Float], _ expected: [Float], _ tolerance: Float, _ comment: Comment
    ) {
        #expect(found.count == expected.count, comment)
        let scale = max(expected.map(abs).max() ?? 0, 1e-3)
        let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
        #expect(worst <= tolerance * scale, "\(comment): off by \(worst) of \(scale)")
    }
}
