import Federation
import FederationWire
import Foundation
import Parameters

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

    /// A vector of which so many in a thousand are not 0.
    static func sparse(_ count: Int, perThousand: Int, seed: UInt64) -> ParameterVector {
        var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
        return ParameterVector(count: count) { values in
            for index in values.indices where random.next(below: 1000) < perThousand {
                values[index] = Float(random.nextUniform(-0.1, 0.1))
            }
        }
    }

    static let header = ModelHeader.update(
        run: run, round: 2, client: 3, sampleCount: 600, architecture: digest)

    static let report = UpdateReport(
        seconds: 1.5, loss: 0.25, classCounts: [3, 0, 597], numbers: ["clipped share": 1],
        imageCount: 1800)

    static func expectation(_ layout: ParameterLayout) -> ModelExpectation {
        .update(run: run, round: 2, client: 3, architecture: digest, layout: layout)
    }

    /// The bytes with the checksum that belongs to them.
    static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        var checksum = ModelChecksum()
        bytes[ModelHeader.byteCount...].withUnsafeBytes { checksum.update($0) }
        var sealed = bytes
        let place = ModelHeader.Field.checksum.range
        sealed.replaceSubrange(place, with: checksum.value(Array(bytes[..<place.lowerBound])))
        return sealed
    }
}
