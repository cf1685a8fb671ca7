import CKernels
import Foundation
import NeuralNetworks
import Parameters
import Tensors
import TestThreads
import Testing

/// The reference CNN against Keras (TensorFlow 2.21) in float64: see `about` in the fixture for how
/// weights and inputs are made from an integer hash, and Fixtures/make_keras_fixture.py for what
/// made the figures.
@Suite("The reference CNN computes what Keras computes", .holdsItsThread)
struct GoldenTests {
    struct Fixture: Decodable {
        struct Tensor: Decodable {
            let shape: [Int]
            let l2: Double
            let maxAbs: Double
            let at: [String: Double]
        }
        struct Descent: Decodable {
            let learningRate: Float
            let lossPerStep: [Double]
            let finalL2: [String: Double]
        }
        struct Values: Decodable {
            let logits: [[Double]]
            let loss: Double
            let gradients: [String: Tensor]
            let sgd: Descent
        }
        let float64: Values
    }

    let golden: Fixture.Values
    let architecture: Architecture
    let parameters: ParameterVector

    init() throws {
        let url = try #require(
            Bundle.module.url(forResource: "Fixtures/keras-mnist-cnn", withExtension: "json"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        golden = try decoder.decode(Fixture.self, from: Data(contentsOf: url)).float64
        // Dropout is off in the fixture.
        let named = try NamedModel.referenceCNN.architecture(
            input: .image(height: 28, width: 28, channels: 1))
        architecture = try Architecture(
            input: named.input,
            named.layers.filter { !($0.base is Dropout) })
        parameters = ParameterVector(Self.weights(architecture.layout))
    }

    /// The fused engine at every level of dispatch that this CPU has, and the plain one.
    static let engines: [(Engine, SIMDLevel)] =
        [(.plain, .best)]
        + SIMDLevel.allCases.filter { $0.rawValue <= SIMDLevel.best.rawValue }
        .map { (.fused, $0) }

    func withPlan(_ engine: Engine, _ level: SIMDLevel, _ body: (Plan) throws -> Void) rethrows {
        ck_set_level(level.rawValue)
        defer { ck_set_level(ck_best_level()) }
        let plan = Plan(architecture, batchSize: 8, purpose: .training, engine: engine)
        plan.load(parameters)
        try body(plan)
    }

    static func splitmix64(_ z: UInt64) -> UInt64 {
        var z = z &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    static func u(_ t: Int, _ i: Int) -> Double {
        Double(splitmix64(UInt64(t) << 32 &+ UInt64(i)) >> 40) / 0x1p24
    }

    static func weights(_ layout: ParameterLayout) -> [Float] {
        layout.entries.enumerated().flatMap { t, entry in
            var limit = 0.01
            if entry.shape.count > 1 {
                let area = entry.shape.dropLast(2).reduce(1, *)
                limit = (6 / Double(area * (entry.shape.suffix(2).reduce(0, +)))).squareRoot()
            }
            return (0..<entry.count).map { Float(limit * (2 * u(t, $0) - 1)) }
        }
    }

    func fill(_ plan: Plan, step: Int) {
        for row in 0..<8 {
            let b = step * 8 + row
            for i in 0..<784 { plan.images[row * 784 + i] = Float(Self.u(100 + b, i)) }
            plan.labels[row] = Int32((3 * b + 1) % 10)
        }
    }

    @Test("The hash is the fixture's")
    func hash() {
        #expect(abs(Self.u(0, 0) - 0.8833107948303223) < 1e-15)
        #expect(abs(Self.u(1, 7) - 0.15550369024276733) < 1e-15)
    }

    @Test("Logits, loss and every gradient", arguments: Self.engines)
    func oneBatch(engine: Engine, level: SIMDLevel) throws {
        try withPlan(engine, level) { plan in
            fill(plan, step: 0)
            let (result, gradient) = plan.gradient(count: 8, dropout: Plan.noDropout, step: 0)
            for (row, expected) in golden.logits.enumerated() {
                try #require(expected.count == 10)
                for (column, value) in expected.enumerated() {
                    #expect(abs(Double(plan.logits[row * 10 + column]) - value) < 1e-5)
                }
            }
            #expect(abs(result.lossSum / 8 - golden.loss) < 1e-5)
            #expect(golden.gradients.count == architecture.layout.entries.count)
            for entry in architecture.layout.entries {
                let expected = try #require(golden.gradients[entry.name])
                #expect(entry.shape == expected.shape)
                let found = gradient.array(in: entry.range)
                #expect(relativeDifference(found, expected.l2) < 1e-5, "\(entry.name)")
                for (position, value) in expected.at {
                    let index = try #require(Int(position))
                    #expect(
                        abs(Double(found[index]) - value) < 1e-5 * expected.maxAbs,
                        "\(entry.name) at \(index)")
                }
            }
        }
    }

    @Test("Twenty steps of gradient descent", arguments: Self.engines)
    func descent(engine: Engine, level: SIMDLevel) throws {
        try withPlan(engine, level) { plan in
            plan.begin(LocalOptimizer(learningRate: golden.sgd.learningRate))
            for (step, expected) in golden.sgd.lossPerStep.enumerated() {
                fill(plan, step: step)
                let result = plan.trainStep(count: 8, dropout: Plan.noDropout, step: step)
                #expect(abs(result.lossSum / 8 - expected) < 1e-5, "step \(step)")
            }
            let parameters = plan.parameters()
            for entry in architecture.layout.entries {
                let expected = try #require(golden.sgd.finalL2[entry.name])
                let difference = relativeDifference(
                    parameters.array(in: entry.range), expected)
                #expect(difference < 1e-5, "\(entry.name)")
            }
        }
    }

    private func relativeDifference(_ values: [Float], _ l2: Double) -> Double {
        let found = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return abs(found - l2) / l2
    }
}
