import CKernels
import Foundation
import NeuralNetworks
import Parameters
import Tensors
import TestThreads
import Testing

/// Softmax regression's way by PyTorch's SGD, Adam and AdamW; Fixtures/make_pytorch_optimizers.py made the
/// figures.
@Suite("Optimisers step as PyTorch's do", .serialized, .holdsItsThreadNext)
struct PyTorchOptimizerTests {
    @Test("PyTorch's optimisers, in float64", arguments: Engine.allCases, SIMDLevel.allCases)
    func pyTorch(engine: Engine, level: SIMDLevel) throws {
        ck_set_level(level.rawValue)
        defer { ck_set_level(ck_best_level()) }
        let url = try #require(
            Bundle.module.url(forResource: "Fixtures/pytorch-optimizers", withExtension: "json"))
        let fixture = try JSONDecoder().decode(PyTorchSteps.self, from: Data(contentsOf: url))
        let features = fixture.inputs.count / fixture.labels.count
        let architecture = try Architecture(input: .vector(features), [.dense(3)])
        let plan = Plan(
            architecture, batchSize: fixture.batch, purpose: .training, engine: engine)
        #expect(fixture.cases.count == 9)
        for example in fixture.cases {
            plan.load(ParameterVector(fixture.parameters))
            plan.begin(example.optimizer)
            let batches = fixture.labels.count / fixture.batch
            for step in 0..<fixture.passes * batches {
                let first = step % batches * fixture.batch
                for i in 0..<fixture.batch {
                    plan.labels[i] = fixture.labels[first + i]
                    for f in 0..<features {
                        plan.images[i * features + f] = fixture.inputs[(first + i) * features + f]
                    }
                }
                _ = plan.trainStep(count: fixture.batch, dropout: Plan.noDropout, step: step)
            }
            let found = plan.parameters().array(in: 0..<fixture.parameters.count)
            #expect(found.count == example.after.count)
            let worst = zip(found, example.after).map { abs(Double($0) - $1) }.max() ?? 1
            #expect(worst < 1e-5, "\(example.optimizer): \(worst)")
        }
    }

    /// What Fixtures/make_pytorch_optimizers.py writes.
    struct PyTorchSteps: Decodable {
        struct Case: Decodable {
            let optimizer: LocalOptimizer
            let after: [Double]
        }
        let batch: Int
        let passes: Int
        let inputs: [Float]
        let labels: [Int32]
        let parameters: [Float]
        let cases: [Case]
    }
}
