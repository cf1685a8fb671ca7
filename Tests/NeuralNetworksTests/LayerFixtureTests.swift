import Foundation
import NeuralNetworks
import Parameters
import TestThreads
import Testing

/// Layers and losses against Keras in float64: Scripts/check/layer_fixture.py made the figures, and `about`
/// in the fixture says how weights and inputs are made.
@Suite("Layers and losses compute what Keras computes", .holdsItsThread)
struct LayerFixtureTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let architecture: Architecture
        let words: Int
        let loss: Loss.Kind
        let smoothing: Float
        let logits: [Double]
        let inference: [Double]
        let value: Double
        let gradients: [String: [Double]]
        let statistics: [String: [Double]]

        var testDescription: String { name }
    }

    struct Fixture: Decodable {
        let cases: [Case]
    }

    static let batch = 3

    static func cases() throws -> [Case] {
        let url = try #require(
            Bundle.module.url(forResource: "Fixtures/layers", withExtension: "json"))
        return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url)).cases
    }

    private func parameters(_ layout: ParameterLayout) -> ParameterVector {
        ParameterVector(
            layout.entries.enumerated().flatMap { number, entry in
                let isPositive = ["gamma", "variance"].contains { entry.name.hasSuffix("/\($0)") }
                return (0..<entry.count).map { index in
                    let u = GoldenTests.u(number, index)
                    return Float(isPositive ? 0.5 + u : 0.7 * (2 * u - 1))
                }
            })
    }

    private func plan(_ found: Case, _ purpose: Plan.Purpose, _ engine: Engine) -> Plan {
        let plan = Plan(
            found.architecture, batchSize: Self.batch, purpose: purpose, engine: engine,
            loss: Loss(found.loss, labelSmoothing: found.smoothing))
        let size = found.architecture.input.count
        for sample in 0..<Self.batch {
            for index in 0..<size {
                let u = GoldenTests.u(100 + sample, index)
                plan.images[sample * size + index] =
                    found.words > 0
                    ? Float((u * Double(found.words)).rounded(.down)) : Float(2 * u - 1)
            }
            plan.labels[sample] = Int32((3 * sample + 1) % 3)
            for k in 0..<3 { plan.targets?[sample * 3 + k] = Float(GoldenTests.u(200 + sample, k)) }
        }
        plan.load(parameters(found.architecture.layout))
        return plan
    }

    private func expectClose(_ found: [Float], _ expected: [Double], _ comment: Comment) {
        #expect(found.count == expected.count, comment)
        let scale = max(expected.map(abs).max() ?? 0, 1)
        let worst = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0
        #expect(worst <= 1e-5 * scale, "\(comment): off by \(worst)")
    }

    private func logits(_ plan: Plan) -> [Float] {
        Array(UnsafeBufferPointer(start: plan.logits, count: Self.batch * 3))
    }

    @Test("Logits, loss, every gradient and statistic", arguments: Engine.allCases)
    func values(engine: Engine) throws {
        let cases = try Self.cases()
        #expect(cases.count > 30)
        for found in cases {
            let note: Comment = "\(found.name), \(engine)"
            let training = plan(found, .training, engine)
            let start = training.parameters()
            let (result, gradient) = training.gradient(
                count: Self.batch, dropout: Plan.noDropout, step: 0)
            expectClose(logits(training), found.logits, note)
            #expect(abs(result.lossSum / Double(Self.batch) - found.value) < 1e-5, note)
            let layout = found.architecture.layout
            #expect(found.gradients.count + found.statistics.count == layout.entries.count, note)
            for (name, expected) in found.gradients {
                let entry = try #require(layout[name], "\(name) of \(found.name)")
                expectClose(gradient.array(in: entry.range), expected, "\(name) of \(note)")
            }
            // A gradient counts nothing along; a step does, and no optimiser touches what it counts.
            #expect(training.parameters().isIdentical(to: start), note)
            training.begin(LocalOptimizer(learningRate: 0, weightDecay: 0.5))
            _ = training.trainStep(count: Self.batch, dropout: Plan.noDropout, step: 0)
            for (name, expected) in found.statistics {
                let entry = try #require(layout[name])
                expectClose(
                    training.parameters().array(in: entry.range), expected, "\(name) of \(note)")
                #expect(
                    gradient.array(in: entry.range).allSatisfy { $0 == 0 }, "\(name) of \(note)")
            }
            let inference = plan(found, .inference, engine)
            inference.forward(count: Self.batch)
            expectClose(logits(inference), found.inference, note)
        }
    }

    @Test("Every kind of layer is among them, but for those that other tests have")
    func complete() throws {
        func kinds(_ layers: [Layer]) -> [String] {
            layers.flatMap { layer in
                let block = layer.base as? Residual
                return [type(of: layer.base).kind]
                    + kinds((block?.layers ?? []) + (block?.shortcut ?? []))
            }
        }
        let found = Set(try Self.cases().flatMap { kinds($0.architecture.layers) })
        let others: Set = ["dropout", "reshape"]
        #expect(Set(LayerTests.builtInKinds).subtracting(found) == others)
    }
}
