import CAllocationCounter
import CKernels
import Foundation
import NeuralNetworks
import Parameters
import Tensors
import TestThreads
import Testing

@Suite("Local optimisers", .serialized, .holdsItsThreadNext)
struct LocalOptimizerTests {
    @Test("Steps worked out by hand")
    func byHand() throws {
        let architecture = try Architecture(input: .vector(1), [.dense(2)])
        for engine in Engine.allCases {
            let plan = Plan(architecture, batchSize: 1, purpose: .training, engine: engine)
            plan.images[0] = 1
            plan.labels[0] = 0
            func train(
                _ optimizer: LocalOptimizer, correction: [Float]? = nil, from start: [Float],
                inputs: [Float]
            ) -> [Float] {
                plan.load(ParameterVector(start))
                plan.begin(optimizer, correction: correction.map { ParameterVector($0) })
                for (step, input) in inputs.enumerated() {
                    plan.images[0] = input
                    _ = plan.trainStep(count: 1, dropout: Plan.noDropout, step: step)
                }
                return plan.parameters().array(in: 0..<4)
            }
            func expect(
                _ found: [Float], _ kernel: [Float], _ comment: Comment,
                sourceLocation: SourceLocation = #_sourceLocation
            ) {
                for (a, b) in zip(found, kernel) {
                    #expect(abs(a - b) < 1e-6, comment, sourceLocation: sourceLocation)
                }
            }
            // Both classes are as likely at zero: the kernel's gradient is (−½, ½) at input 1, and
            // zero at input 0, where only the other terms move it.
            expect(
                train(LocalOptimizer(learningRate: 0.1), from: [0, 0, 0, 0], inputs: [1, 0]),
                [0.05, -0.05], "η/2")
            expect(
                train(
                    LocalOptimizer(learningRate: 0.1, momentum: 0.9), from: [0, 0, 0, 0],
                    inputs: [1, 0, 0]),
                [0.05 * (1 + 0.9 + 0.81), -0.05 * (1 + 0.9 + 0.81)], "η/2 · (1 + β + β²)")
            expect(
                train(
                    LocalOptimizer(learningRate: 0.1, weightDecay: 0.5), from: [1, 2, 0, 0],
                    inputs: [0, 0]),
                [0.95 * 0.95, 2 * 0.95 * 0.95], "(1 − ηλ)²")
            expect(
                train(
                    LocalOptimizer(learningRate: 0.1, proximal: 2), from: [0, 0, 0, 0],
                    inputs: [1, 0, 0]),
                [0.05 * 0.8 * 0.8, -0.05 * 0.8 * 0.8], "η/2 · (1 − ημ)²")
            expect(
                train(
                    LocalOptimizer(learningRate: 0.1), correction: [2, -3, 0, 0],
                    from: [1, 1, 0, 0], inputs: [0, 0]),
                [1 - 0.4, 1 + 0.6], "2ηc")
            expect(
                train(
                    LocalOptimizer(learningRate: 0.1, momentum: 0.9), correction: [2, -3, 0, 0],
                    from: [1, 1, 0, 0], inputs: [0, 0]),
                [1 - 0.4, 1 + 0.6], "2ηc: momentum does not pile up the correction")
            // The whole gradient at zero is (−½, ½, −½, ½), of norm 1.
            expect(
                train(
                    LocalOptimizer(learningRate: 0.1, gradientClip: 0.5), from: [0, 0, 0, 0],
                    inputs: [1]),
                [0.025, -0.025], "η/2 · clip")
        }
    }

    @Test("The formula in double precision", arguments: settings)
    func formula(setting: Setting) throws {
        let (width, classes) = (37, 5)
        let architecture = try Architecture(input: .vector(width), [.dense(classes)])
        defer { ck_set_level(ck_best_level()) }
        // Of one part and of several, and a last batch that is smaller.
        for (batch, counts) in [(6, [6, 6, 3, 6]), (70, [70, 70, 11, 70])] {
            for (level, engine) in SIMDLevel.allCases.flatMap({ level in
                Engine.allCases.map { (level, $0) }
            }) {
                ck_set_level(level.rawValue)
                let plan = Plan(architecture, batchSize: batch, purpose: .training, engine: engine)
                var random = RandomStream(RandomKey(seed: 3, purpose: .benchmark))
                func numbers(_ limit: Double) -> [Float] {
                    (0..<architecture.parameterCount).map { _ in
                        Float(random.nextUniform(-limit, limit))
                    }
                }
                let start = numbers(0.5)
                let correction = numbers(0.1)
                var reference = Reference(
                    setting, start.map(Double.init), correction.map(Double.init))
                var plain = Reference(Self.settings[0], start.map(Double.init), [])
                plan.load(ParameterVector(start))
                plan.begin(
                    setting.optimizer,
                    correction: setting.isCorrected ? ParameterVector(correction) : nil)
                for (step, count) in counts.enumerated() {
                    PlanTests.digits(plan, seed: UInt64(step))
                    let inputs = (0..<count).map { row in
                        (0..<width).map { Double(plan.images[row * width + $0]) }
                    }
                    let labels = (0..<count).map { Int(plan.labels[$0]) }
                    func gradient(_ parameters: [Double]) -> [Double] {
                        Self.gradient(parameters, inputs, labels, classes: classes)
                    }
                    reference.step(gradient(reference.parameters))
                    plain.step(gradient(plain.parameters))
                    _ = plan.trainStep(count: count, dropout: Plan.noDropout, step: step)
                }
                let found = plan.parameters().array(in: 0..<start.count)
                let worst = zip(found, reference.parameters).map { abs(Double($0) - $1) }.max() ?? 1
                #expect(worst < 1e-6, "\(engine), \(level), batch \(batch): \(worst)")
                // The terms matter here, or nothing would have been tested.
                let apart = zip(found, plain.parameters).map { abs(Double($0) - $1) }.max() ?? 0
                #expect(setting.name == "plain" || apart > 1e-2)
            }
        }
    }

    @Test("Fused and plain engine agree on random networks", arguments: SIMDLevel.allCases)
    func randomNetworks(level: SIMDLevel) throws {
        ck_set_level(level.rawValue)
        defer { ck_set_level(ck_best_level()) }
        var apart: [String] = []
        for seed in UInt64(1)...30 {
            var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark, index: 9))
            let architecture = try FusedEngineTests.architecture(&random)
            let batch = seed % 5 == 0 ? 40 : random.next(in: 1...11)
            let numbers = { (limit: Double) in
                ParameterVector(
                    (0..<architecture.parameterCount).map { _ in
                        Float(random.nextUniform(-limit, limit))
                    })
            }
            let start = numbers(0.3)
            let correction = numbers(0.01)
            var optimizer = LocalOptimizer(
                learningRate: 0.01, momentum: 0.9, weightDecay: 0.1, proximal: 0.5)
            if seed % 3 == 0 { optimizer.gradientClip = 0.5 }
            let trained = Engine.allCases.map { engine in
                let plan = Plan(architecture, batchSize: batch, purpose: .training, engine: engine)
                plan.load(start)
                plan.begin(optimizer, correction: correction)
                for step in 0..<3 {
                    PlanTests.digits(plan, seed: seed + UInt64(step))
                    _ = plan.trainStep(
                        count: max(1, batch - step),
                        dropout: RandomKey(seed: seed, purpose: .dropout), step: step)
                }
                return plan.parameters()
            }
            for entry in architecture.layout.entries {
                let (plain, fused) = (
                    trained[0].array(in: entry.range), trained[1].array(in: entry.range)
                )
                let moved = zip(plain, start.array(in: entry.range)).map { abs($0 - $1) }.max() ?? 0
                let worst = zip(plain, fused).map { abs($0 - $1) }.max() ?? 1
                if worst <= 2e-4 * moved + 1e-6 { continue }
                apart.append("seed \(seed), \(entry.name): \(worst) of \(moved)")
                break
            }
        }
        // Rounding alone may, rarely, make another of a pooling's four the largest, or carry a unit
        // over ReLU's zero: then the gradient is another.
        #expect(apart.count <= 1, "\(apart)")
    }

    /// Three steps of the reference CNN at small batches.
    private func trained(
        _ optimizer: LocalOptimizer, correction: ParameterVector? = nil, on plan: Plan,
        from start: ParameterVector
    ) -> ParameterVector {
        plan.load(start)
        plan.begin(optimizer, correction: correction)
        for step in 0..<3 {
            PlanTests.digits(plan, seed: UInt64(step))
            _ = plan.trainStep(
                count: plan.batchSize, dropout: RandomKey(seed: 1, purpose: .dropout), step: step)
        }
        return plan.parameters()
    }

    private func reference() throws -> Architecture {
        try NamedModel.referenceCNN.architecture(
            input: .image(height: 28, width: 28, channels: 1))
    }

    @Test("Terms of zero give plain SGD's very bits", arguments: Engine.allCases, [3, 40])
    func zeroTerms(engine: Engine, batch: Int) throws {
        let architecture = try reference()
        let plan = Plan(architecture, batchSize: batch, purpose: .training, engine: engine)
        let start = architecture.initialParameters(seed: 1)
        let plain = trained(LocalOptimizer(learningRate: 0.1), on: plan, from: start)
        // Something of every other kind in between.
        _ = trained(
            LocalOptimizer(
                learningRate: 0.1, momentum: 0.9, weightDecay: 0.1, proximal: 0.1,
                gradientClip: 1),
            correction: start, on: plan, from: start)
        let zero = trained(
            LocalOptimizer(learningRate: 0.1, momentum: 0, weightDecay: 0, proximal: 0),
            correction: ParameterVector(zeros: start.count), on: plan, from: start)
        #expect(plain == zero)
        #expect(plain != start)
    }

    @Test("A plan keeps nothing of what it trained before", arguments: settings)
    func nothingLeft(setting: Setting) throws {
        let architecture = try reference()
        let correction = setting.isCorrected ? architecture.initialParameters(seed: 9) : nil
        let start = architecture.initialParameters(seed: 2)
        func fresh() -> Plan { Plan(architecture, batchSize: 3, purpose: .training) }
        let expected = trained(
            setting.optimizer, correction: correction, on: fresh(), from: start)
        let used = fresh()
        _ = trained(
            LocalOptimizer(
                learningRate: 0.3, momentum: 0.5, weightDecay: 0.2, proximal: 0.2,
                gradientClip: 2),
            correction: start, on: used, from: architecture.initialParameters(seed: 3))
        #expect(
            trained(setting.optimizer, correction: correction, on: used, from: start) == expected)
    }

    @Test("A limit above the gradient's norm clips nothing, one below leaves just its length")
    func clipping() throws {
        let architecture = try reference()
        let plan = Plan(architecture, batchSize: 3, purpose: .training)
        let start = architecture.initialParameters(seed: 1)
        func move(_ optimizer: LocalOptimizer) -> [Double] {
            let after = trained(optimizer, on: plan, from: start)
            return zip(after.array(in: 0..<start.count), start.array(in: 0..<start.count))
                .map { Double($0) - Double($1) }
        }
        let free = move(LocalOptimizer(learningRate: 0.1))
        let loose = move(LocalOptimizer(learningRate: 0.1, gradientClip: 1e6))
        #expect(zip(free, loose).allSatisfy { abs($0 - $1) < 1e-6 })
        plan.load(start)
        plan.begin(LocalOptimizer(learningRate: 1, gradientClip: 0.25))
        _ = plan.trainStep(count: 3, dropout: Plan.noDropout, step: 0)
        let after = plan.parameters().array(in: 0..<start.count)
        let squares = zip(after, start.array(in: 0..<start.count)).reduce(0) {
            $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
        }
        #expect(abs(squares.squareRoot() - 0.25) < 1e-5)
    }

    @Test("Steps allocate nothing, and a second client's beginning neither", arguments: [4, 40])
    func noAllocation(batch: Int) throws {
        let architecture = try reference()
        let plan = Plan(architecture, batchSize: batch, purpose: .training)
        let models = (1...2).map { architecture.initialParameters(seed: $0) }
        let key = RandomKey(seed: 1, purpose: .dropout)
        func train(
            _ model: ParameterVector, _ kind: LocalOptimizer.Kind = .sgd, clip: Float?
        ) {
            plan.load(model)
            plan.begin(
                LocalOptimizer(
                    kind, learningRate: 0.01, momentum: 0.9, weightDecay: 0.001, proximal: 0.01,
                    gradientClip: clip),
                correction: kind == .sgd ? models[1] : nil)
            for step in 0..<2 { _ = plan.trainStep(count: batch, dropout: key, step: step) }
        }
        PlanTests.digits(plan, seed: 1)
        train(models[0], clip: nil)
        train(models[0], .adam, clip: nil)
        allocation_counter_start()
        train(models[1], clip: nil)
        train(models[1], .adamw, clip: 1)
        train(models[0], clip: 1)
        let allocations = allocation_counter_stop()
        #expect(allocations == 0)
    }

    @Test("An optimiser survives JSON, and is read as versions wrote it that had SGD alone")
    func codable() throws {
        for setting in Self.settings {
            let data = try JSONEncoder().encode(setting.optimizer)
            #expect(try JSONDecoder().decode(LocalOptimizer.self, from: data) == setting.optimizer)
        }
        let earlier = """
            {"learningRate": 0.5, "momentum": 0.25, "weightDecay": 0, "proximal": 0.125}
            """
        #expect(
            try JSONDecoder().decode(LocalOptimizer.self, from: Data(earlier.utf8))
                == LocalOptimizer(learningRate: 0.5, momentum: 0.25, proximal: 0.125))
    }

    @Test("Nesterov's momentum of 0 is none, and an Adam of another kind's settings is the same")
    func foreignSettings() throws {
        let architecture = try reference()
        let plan = Plan(architecture, batchSize: 3, purpose: .training)
        let start = architecture.initialParameters(seed: 1)
        func after(_ optimizer: LocalOptimizer) -> ParameterVector {
            trained(optimizer, on: plan, from: start)
        }
        #expect(
            after(LocalOptimizer(learningRate: 0.1, nesterov: true, beta1: 0.5))
                == after(LocalOptimizer(learningRate: 0.1)))
        let adam = after(LocalOptimizer(.adam, learningRate: 0.01))
        #expect(
            after(LocalOptimizer(.adam, learningRate: 0.01, momentum: 0.5, nesterov: true)) == adam)
        #expect(after(LocalOptimizer(.adamw, learningRate: 0.01)) == adam)
        #expect(after(LocalOptimizer(.adam, learningRate: 0.01, beta2: 0.9)) != adam)
    }

    @Test("A velocity that nothing feeds ends at zero", arguments: SIMDLevel.allCases)
    func smallVelocities(level: SIMDLevel) {
        ck_set_level(level.rawValue)
        defer { ck_set_level(ck_best_level()) }
        // Whole vectors and what is left of them.
        let count = 150
        let gradient = [Float](repeating: 0, count: count)
        var parameters = [Float](repeating: 1, count: count)
        var velocity = (0..<count).map { Float($0 % 3 - 1) }
        velocity[7] = .nan
        parameters.withUnsafeMutableBufferPointer { parameters in
            velocity.withUnsafeMutableBufferPointer { velocity in
                var step = ck_step()
                step.learning_rate = 0.1
                step.momentum = 0.9
                step.gradient_scale = 1
                step.parameters = parameters.baseAddress
                step.velocity = velocity.baseAddress
                for number in 1...1000 {
                    ck_optimizer_step(&step, gradient, 0, count)
                    #expect(!velocity.contains { $0.isSubnormal })
                    if number == 600 { #expect(velocity[2] > 0 && velocity[149] > 0) }
                }
            }
        }
        #expect(velocity[7].isNaN)
        velocity[7] = 0
        #expect(velocity.allSatisfy { $0 == 0 })
        // 1 − η(β + β² + …) · v₀
        #expect(abs(parameters[0] - 1.9) < 1e-5)
        #expect(abs(parameters[149] - 0.1) < 1e-5)
    }

    @Test("The sum of squares", arguments: SIMDLevel.allCases)
    func sumOfSquares(level: SIMDLevel) {
        ck_set_level(level.rawValue)
        defer { ck_set_level(ck_best_level()) }
        for count in [0, 1, 31, 32, 33, 100, 1000] {
            let values = (0..<count).map { Float($0 % 7) - 2.5 }
            let expected = values.reduce(0.0) { $0 + Double($1) * Double($1) }
            #expect(abs(ck_sum_of_squares(values, count) - expected) <= 1e-12 * expected)
        }
    }
}
