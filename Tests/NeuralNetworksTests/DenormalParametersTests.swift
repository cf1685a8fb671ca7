import CKernels
import Foundation
import NeuralNetworks
import Parameters
import Tensors
import TestThreads
import Testing

/// What a plan makes of parameters that have decayed below the normal numbers.
@Suite("Denormal parameters", .serialized, .holdsItsThreadNext)
struct DenormalParametersTests {
    private let architecture: Architecture

    init() throws {
        architecture = try Architecture(
            input: .image(height: 14, width: 14, channels: 1),
            [
                .convolution(filters: 16, kernel: 3, activation: .relu),
                .convolution(filters: 16, kernel: 3, activation: .relu), .maxPooling(2),
                .dropout(0.25), .flatten, .dense(32, activation: .relu), .dropout(0.5), .dense(10),
            ])
    }

    /// Initial parameters, those of the entries at `places` shrunk to denormal numbers; and the same with
    /// zeros there.
    private func parameters(
        _ places: Set<Int>, exponent: Int
    ) -> (denormal: ParameterVector, zero: ParameterVector) {
        var values = architecture.initialParameters(seed: 1)
        var zeros = values
        for (index, entry) in architecture.layout.entries.enumerated() where places.contains(index)
        {
            values.withUnsafeMutableBufferPointer { values in
                for place in entry.range {
                    let shrunk = Float(sign: .plus, exponent: exponent, significand: values[place])
                    values[place] = shrunk == 0 ? .leastNonzeroMagnitude : shrunk
                }
            }
            zeros.withUnsafeMutableBufferPointer { zeros in
                for place in entry.range { zeros[place] = 0 }
            }
        }
        return (values, zeros)
    }

    private func plan(_ engine: Engine) -> Plan {
        let plan = Plan(architecture, batchSize: 5, purpose: .training, engine: engine)
        PlanTests.digits(plan, seed: 2)
        return plan
    }

    private func logits(_ plan: Plan) -> [Float] {
        Array(UnsafeBufferPointer(start: plan.logits, count: 50))
    }

    @Test("Count as zeros, at every level, in both engines", arguments: SIMDLevel.allCases)
    func asZeros(level: SIMDLevel) {
        #if arch(x86_64) || arch(arm64)
            ck_set_level(level.rawValue)
            defer { ck_set_level(ck_best_level()) }
            let entries = architecture.layout.entries.count
            for engine in Engine.allCases {
                for places in (0..<entries).map({ [$0] }) + [Array(0..<entries), [0, 2, 4, 6]] {
                    for exponent in [-128, -140] {
                        let note: Comment = "\(engine), \(level), tensors \(places), 2^\(exponent)"
                        let (denormal, zero) = parameters(Set(places), exponent: exponent)
                        #expect(denormal != zero, note)
                        let key = RandomKey(seed: 1, purpose: .dropout)
                        let results = [denormal, zero].map { model in
                            let plan = plan(engine)
                            plan.load(model)
                            let gradient = plan.gradient(count: 5, dropout: key, step: 0)
                            return (gradient.result.lossSum, logits(plan), gradient.gradient)
                        }
                        #expect(results[0].0 == results[1].0, note)
                        #expect(results[0].1 == results[1].1, note)
                        let count = architecture.parameterCount
                        #expect(
                            results[0].2.array(in: 0..<count) == results[1].2.array(in: 0..<count),
                            note)
                    }
                }
            }
        #endif
    }

    @Test("Decay to nothing, and to the same bits whatever the thread's own mode")
    func decay() throws {
        for engine in Engine.allCases {
            // Half of every parameter goes with each step: with denormal numbers it would end at the
            // smallest of them, half of which is zero.
            let optimizer = LocalOptimizer(learningRate: 0.5, weightDecay: 1, gradientClip: 1e-30)
            @Sendable func trained() -> ParameterVector {
                let plan = plan(engine)
                plan.load(architecture.initialParameters(seed: 1))
                plan.begin(optimizer)
                let key = RandomKey(seed: 1, purpose: .dropout)
                for step in 0..<700 { _ = plan.trainStep(count: 5, dropout: key, step: step) }
                return plan.parameters()
            }
            let model = trained()
            #if arch(x86_64) || arch(arm64)
                let smallest = model.inspect().smallestNonzero
                #expect(smallest >= .leastNormalMagnitude, "\(engine): \(smallest)")
            #endif
            #expect(Denormals.flushed { trained() } == model, "\(engine)")
            let other = ResultBox()
            let thread = Thread { other.set(trained()) }
            thread.start()
            #expect(other.wait() == model, "\(engine)")
        }
    }

    @Test("The thread that lends itself to a plan keeps its mode")
    func borrowed() {
        for engine in Engine.allCases {
            for flushes: Int32 in [0, 1] {
                let before = ck_flush_denormals(flushes)
                defer { ck_restore_denormals(before) }
                let plan = plan(engine)
                plan.load(architecture.initialParameters(seed: 1))
                let key = RandomKey(seed: 1, purpose: .dropout)
                let calls: [() -> Void] = [
                    { plan.forward(count: 5) }, { _ = plan.evaluate(count: 5) },
                    { _ = plan.gradient(count: 5, dropout: key, step: 0) },
                    {
                        plan.begin(LocalOptimizer(learningRate: 0.1))
                        _ = plan.trainStep(count: 5, dropout: key, step: 0)
                    },
                ]
                for call in calls {
                    call()
                    let found = ck_flush_denormals(flushes)
                    ck_restore_denormals(found)
                    let own = ck_flush_denormals(flushes)
                    #expect(found == own)
                    #if arch(x86_64) || arch(arm64)
                        #expect((found != 0) == (flushes != 0))
                    #endif
                }
            }
        }
    }
}

/// What another thread has computed.
private final class ResultBox: @unchecked Sendable {
    private let ready = DispatchSemaphore(value: 0)
    private var value: ParameterVector?

    func set(_ value: ParameterVector) {
        self.value = value
        ready.signal()
    }

    func wait() -> ParameterVector? {
        ready.wait()
        return value
    }
}
