import Federation
import Foundation
import Tensors
import FederationWire

/// What the tests of this target share.
enum Samples {
    /// The layout of the 1,199,882 parameters of the reference model.
    static let reference = ParameterLayout([
        ("conv1/kernel", [3, 3, 1, 32]), ("conv1/bias", [32]),
        ("conv2/kernel", [3, 3, 32, 64]), ("conv2/bias", [64]),
        ("dense1/kernel", [9216, 128]), ("dense1/bias", [128]),
        ("dense2/kernel", [128, 10]), ("dense2/bias", [10]),
    ])
    static let small = ParameterLayout([("dense1/kernel", [2, 3]), ("dense1/bias", [3])])
    static let run = RunIdentifier("20260131_235959")!
    static let digest = ArchitectureDigest(hexadecimal: String(repeating: "ab", count: 32))!

    /// Finite Floats of every magnitude, all signs, zeros and denormals among them.
    static func anyFinite(_ count: Int, seed: UInt64) -> ParameterVector {
        var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
        return ParameterVector(count: count) { values in
            for index in values.indices {
                var value = Float.nan
                while !value.isFinite {
                    value = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
                }
                values[index] = value
            }
        }
    }

    /// Floats like a trained model's.
    static func weights(_ count: Int, seed: UInt64) -> ParameterVector {
        var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
        return ParameterVector(count: count) { values in
            for index in values.indices { values[index] = Float(random.nextUniform(-0.1, 0.1)) }
        }
    }

    static func header(_ count: Int, round: Int = 2, client: Int = 3) -> ModelHeader {
        .update(
            run: run, round: round, client: client, sampleCount: 600, parameterCount: count,
            architecture: digest)
    }

    static func expectation(_ layout: ParameterLayout) -> ModelExpectation {
        .update(run: run, round: 2, client: 3, architecture: digest, layout: layout)
    }
}
