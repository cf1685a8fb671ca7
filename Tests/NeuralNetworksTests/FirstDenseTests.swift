import CKernels
import NeuralNetworks
import Parameters
import Tensors
import TestThreads
import Testing

/// Dense networks whose inputs are mostly zero, as those of digits are, against the plain engine.
@Suite("First dense layers skip inputs that are zero", .serialized, .holdsItsThreadNext)
struct FirstDenseTests {
    @Test("Gradients and steps of random dense networks", arguments: SIMDLevel.allCases)
    func randomNetworks(level: SIMDLevel) throws {
        ck_set_level(level.rawValue)
        defer { ck_set_level(ck_best_level()) }
        for seed in UInt64(1)...20 {
            var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark, index: 8))
            var layers = [
                Layer.dense([64, 67, 100, 130, 200, 257][random.next(below: 6)], activation: .relu)
            ]
            if random.next(below: 3) == 0 { layers.append(.dropout(0.5)) }
            if random.next(below: 2) == 0 {
                layers.append(.dense(random.next(in: 1...90), activation: .relu))
            }
            layers.append(.dense(10))
            let architecture = try Architecture(
                input: .vector(random.next(in: 1...200)), layers)
            // Of one part and of several.
            let batch = random.next(in: 1...45)
            let count = random.next(in: 1...batch)
            let parameters = ParameterVector(
                (0..<architecture.parameterCount).map { _ in Float(random.nextUniform(-0.3, 0.3)) })
            // Few and small steps: a unit that is near zero for a sample must not be on one side of it in one
            // engine and on the other in the other, as happens at five times the rate.
            let optimizer =
                random.next(below: 2) == 0
                ? LocalOptimizer(learningRate: 0.02)
                : LocalOptimizer(
                    learningRate: 0.02, momentum: 0.9, weightDecay: 0.01, proximal: 0.1)
            let results = Engine.allCases.map {
                Results(architecture, $0, parameters, optimizer, batch: batch, count: count, seed)
            }
            let comment = "seed \(seed), \(level), \(count) of \(batch): \(layers)"
            expectClose(results[1].gradient, results[0].gradient, "gradient: \(comment)")
            expectClose(results[1].logits, results[0].logits, "logits: \(comment)")
            expectClose(results[1].stepped, results[0].stepped, "parameters: \(comment)")
        }
    }

    /// What one engine makes of random inputs.
    private struct Results {
        let gradient: [Float]
        let logits: [Float]
        let stepped: [Float]

        init(
            _ architecture: Architecture, _ engine: Engine, _ parameters: ParameterVector,
            _ optimizer: LocalOptimizer, batch: Int, count: Int, _ seed: UInt64
        ) {
            let plan = Plan(architecture, batchSize: batch, purpose: .training, engine: engine)
            let key = RandomKey(seed: seed, purpose: .dropout)
            var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark, index: 9))
            for index in 0..<batch * architecture.input.count {
                let value = Float(random.nextUniform())
                // All of every third network's, as of photographs.
                plan.images[index] = random.next(below: 4) == 0 || seed % 3 == 0 ? value : 0
            }
            for index in 0..<batch { plan.labels[index] = Int32(random.next(below: 10)) }
            plan.load(parameters)
            let whole = 0..<parameters.count
            gradient = plan.gradient(count: count, dropout: key, step: 0).gradient.array(in: whole)
            logits = Array(UnsafeBufferPointer(start: plan.logits, count: count * 10))
            plan.begin(optimizer)
            for step in 1...2 { _ = plan.trainStep(count: count, dropout: key, step: step) }
            stepped = plan.parameters().array(in: whole)
        }
    }

    private func expectClose(_ found: [Float], _ expected: [Float], _ comment: String) {
        let scale = max(expected.map(abs).max() ?? 0, 1e-3)
        let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
        #expect(
            found.count == expected.count && worst <= 5e-5 * scale, "\(worst / scale), \(comment)")
    }
}
