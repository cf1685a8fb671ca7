import NeuralNetworks
import Platform
import Tensors

extension ConvolutionAccuracy {
    /// The lines of `federated bench accuracy`.
    package static func report() throws -> [String] {
        var lines = [
            "  convolution, ReLU and pooling against double precision, \(SIMDLevel.current) loops",
            "  image      kernel   filters   engine   max error   rms error",
        ]
        for (side, channels, filters, kernel) in [
            (26, 32, 64, 3), (14, 64, 128, 3), (18, 32, 64, 5),
        ] {
            for engine in Engine.allCases {
                var worst = Error()
                for seed in UInt64(1)...3 {
                    let error = try measure(
                        side: side, channels: channels, filters: filters, kernel: kernel,
                        engine: engine, seed: seed)
                    worst.largest = max(worst.largest, error.largest)
                    worst.rootMeanSquare = max(worst.rootMeanSquare, error.rootMeanSquare)
                }
                lines.append(
                    "  " + Text.padRight("\(side)×\(side)×\(channels)", 11)
                        + Text.padRight("\(kernel)×\(kernel)", 9)
                        + Text.padRight("\(filters)", 10)
                        + Text.padRight(engine.rawValue, 7)
                        + Text.pad(Text.scientific(worst.largest), 11)
                        + Text.pad(Text.scientific(worst.rootMeanSquare), 12))
            }
        }
        return lines
    }
}
