import CKernels
import Experiments
import NeuralNetworks
import Tensors
import TestThreads
import Testing

@Suite("Convolutions are exact enough", .holdsItsThread)
struct ConvolutionAccuracyTests {
    /// F(4×4, 3×3) is only allowed with errors of at most 1e-4; with the points used it has a
    /// hundredth of that.
    @Test(arguments: SIMDLevel.allCases, [UInt64(1), 2, 3])
    func winograd(level: SIMDLevel, seed: UInt64) throws {
        ck_set_level(level.rawValue)
        defer { ck_set_level(ck_best_level()) }
        for engine in Engine.allCases {
            let error = try ConvolutionAccuracy.measure(
                side: 14, channels: 32, filters: 64, kernel: 3, engine: engine, seed: seed)
            #expect(error.largest > 0)
            #expect(error.largest < 3e-6)
            #expect(error.rootMeanSquare < 2e-6)
        }
    }
}
