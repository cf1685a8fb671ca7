import CKernels
import NeuralNetworks
import Tensors
import TestThreads
import Testing

/// What is no number any more stays none, whichever operations it goes through.
@Suite("NaN stays NaN", .serialized, .holdsItsThreadNext)
struct NotANumberTests {
    /// Convolutions that go product by product, by Winograd at 3×3 and 5×5, and by matrix products; with
    /// and without pooling; and none of which fills vectors.
    private static func architectures() throws -> [Architecture] {
        func network(_ channels: Int, _ layers: [Layer]) throws -> Architecture {
            try Architecture(
                input: .image(height: 16, width: 16, channels: channels),
                layers + [.flatten, .dense(16, activation: .relu), .dense(10)])
        }
        func convolution(_ filters: Int, _ kernel: Int) -> Layer {
            .convolution(
                filters: filters, kernel: Extent2D(height: kernel, width: kernel),
                activation: .relu)
        }
        return try [
            network(1, [convolution(16, 3)]), network(1, [convolution(32, 5), .maxPooling(2)]),
            network(16, [convolution(16, 3), .maxPooling(2)]),
            network(3, [convolution(16, 3), convolution(32, 3), .maxPooling(2)]),
            network(1, [convolution(6, 5), .maxPooling(2), convolution(16, 3), .maxPooling(2)]),
            network(16, [convolution(16, 1), .maxPooling(2)]),
            network(16, [convolution(48, 2), .maxPooling(2)]),
            network(2, [convolution(10, 3), .maxPooling(3)]),
        ]
    }

    @Test("In a convolution's parameters, or a pixel", arguments: SIMDLevel.allCases)
    func networks(level: SIMDLevel) throws {
        ck_set_level(level.rawValue)
        defer { ck_set_level(ck_best_level()) }
        for (number, architecture) in try Self.architectures().enumerated() {
            let start = architecture.initialParameters(seed: 3)
            let convolutions = architecture.layout.entries.dropLast(4)
            for engine in Engine.allCases {
                for purpose in [Plan.Purpose.training, .inference] {
                    let plan = Plan(architecture, batchSize: 3, purpose: purpose, engine: engine)
                    let note: Comment = "network \(number), \(engine), \(level), \(purpose)"
                    func expectNaN(_ what: String) {
                        let logits = UnsafeBufferPointer(start: plan.logits, count: 30)
                        #expect(logits.allSatisfy { $0.isNaN }, "\(what) of \(note)")
                    }
                    PlanTests.digits(plan, seed: 1)
                    for entry in convolutions {
                        for index in [entry.range.lowerBound, entry.range.upperBound - 1] {
                            var model = start
                            model.withUnsafeMutableBufferPointer { $0[index] = .nan }
                            plan.load(model)
                            #expect(plan.evaluate(count: 3).lossSum.isNaN, note)
                            expectNaN("\(entry.name) \(index)")
                        }
                    }
                    plan.load(start)
                    #expect(plan.evaluate(count: 3).lossSum.isFinite, note)
                    // One pixel in the middle of each image, at each place of a pooling window.
                    for (y, x) in [(6, 6), (6, 7), (7, 6), (7, 7)] {
                        PlanTests.digits(plan, seed: 1)
                        let size = architecture.input.count
                        let pixel = (y * 16 + x) * (size / 256)
                        for sample in 0..<3 { plan.images[sample * size + pixel] = .nan }
                        #expect(plan.evaluate(count: 3).lossSum.isNaN, note)
                        expectNaN("pixel \(y), \(x)")
                    }
                }
            }
        }
    }

    @Test("At each place of a pooling window, beside anything", arguments: SIMDLevel.allCases)
    func windows(level: SIMDLevel) {
        ck_set_level(level.rawValue)
        defer { ck_set_level(ck_best_level()) }
        let channels = 16
        let window = ck_window(
            in_h: 2, in_w: 2, channels: Int32(channels), window_h: 2, window_w: 2, stride_h: 2,
            stride_w: 2, pad_top: 0, pad_left: 0, out_h: 1, out_w: 1)
        for other: Float in [0, -1, 1, .infinity, -.infinity, .nan] {
            for place in 0..<4 {
                var x = [Float](repeating: other, count: 4 * channels)
                for channel in 0..<channels where channel % 2 == 0 {
                    x[place * channels + channel] = .nan
                }
                let bias = [Float](repeating: 0.5, count: channels)
                var plain = [Float](repeating: 0, count: channels)
                var fused = plain
                var plainPlaces = [UInt16](repeating: 9, count: channels)
                var fusedPlaces = [UInt8](repeating: 9, count: channels)
                withUnsafePointer(to: window) { ck_max_pool($0, x, &plain, &plainPlaces) }
                ck_bias_relu_pool(x, bias, 2, 2, channels, &fused, &fusedPlaces)
                let note: Comment = "\(other), place \(place), \(level)"
                for channel in 0..<channels {
                    let isNaN = channel % 2 == 0 || other.isNaN
                    #expect(plain[channel].isNaN == isNaN, note)
                    #expect(fused[channel].isNaN == isNaN, note)
                    if !isNaN {
                        #expect(plain[channel] == other, note)
                        #expect(fused[channel] == max(other + 0.5, 0), note)
                    }
                }
                #expect(plainPlaces.allSatisfy { $0 < 4 }, note)
                #expect(fusedPlaces.allSatisfy { $0 < 4 }, note)
            }
        }
    }
}
