import Datasets
import Federation
import Foundation
import NeuralNetworks
import Parameters
import TestThreads
import Testing
import Training

@Suite("Images that are shifted and mirrored", .holdsItsThread)
struct AugmentationTests {
    /// Four images of 3 × 4 pixels in two channels; no two numbers of an image are equal.
    private static func samples() throws -> Samples {
        try Samples(
            values: (0..<96).map { Float($0 % 24 + 1) }, labels: [0, 1, 2, 3], height: 3, width: 4,
            channels: 2)
    }

    /// An image as the rule says it, pixel by pixel.
    private static func moved(
        _ image: [Float], down: Int, right: Int, flipped: Bool, black: [Float]
    ) -> [Float] {
        var result: [Float] = []
        for y in 0..<3 {
            for x in 0..<4 {
                let (fromY, fromX) = (y - down, (flipped ? 3 - x : x) - right)
                let isInside = (0..<3).contains(fromY) && (0..<4).contains(fromX)
                for c in 0..<2 {
                    result.append(isInside ? image[(fromY * 4 + fromX) * 2 + c] : black[c])
                }
            }
        }
        return result
    }

    @Test(
        "Each image is one of its shifts and mirrorings, each comes up, and what comes in is black",
        arguments: ["shift:2", "flip", "shift:1+flip"], [false, true])
    func everyMove(text: String, standardized: Bool) throws {
        let augmentation = try #require(Augmentation(text))
        var samples = try Self.samples()
        if standardized {
            samples.scaling = .standardized(mean: [2, 4], deviation: [0.5, 4])
        }
        let black: [Float] = standardized ? [-4, -1] : [0, 0]
        let image = (0..<24).map { place -> Float in
            let value = Float(place + 1)
            guard standardized else { return value }
            return place % 2 == 0 ? (value - 2) / 0.5 : (value - 4) / 4
        }
        let range = -augmentation.shift...augmentation.shift
        var moves: [[Float]] = []
        for down in range {
            for right in range {
                for flipped in augmentation.flips ? [false, true] : [false] {
                    moves.append(
                        Self.moved(
                            image, down: down, right: right, flipped: flipped, black: black))
                }
            }
        }
        var random = RandomStream(RandomKey(seed: 1, purpose: .augmentation, client: 0, round: 1))
        var seen = Set<Int>()
        for _ in 0..<100 {
            var batch = image + image + image + image
            batch.withUnsafeMutableBufferPointer {
                augmentation.apply(to: $0.baseAddress!, count: 4, of: samples, &random)
            }
            for place in 0..<4 {
                let found = Array(batch[place * 24..<(place + 1) * 24])
                seen.insert(try #require(moves.firstIndex(of: found), "\(found)"))
            }
        }
        #expect(seen.count == moves.count)
    }

    @Test("Texts come back, and what means nothing is refused")
    func texts() throws {
        for text in ["shift:4", "flip", "shift:4+flip"] {
            let augmentation = try #require(Augmentation(text))
            #expect(augmentation.description == text)
            let json = try JSONEncoder().encode([augmentation])
            #expect(try JSONDecoder().decode([Augmentation].self, from: json) == [augmentation])
        }
        #expect(Augmentation("flip+shift:4") == Augmentation(shift: 4, flips: true))
        for text in [
            "", "shift", "shift:0", "shift:-1", "shift:x", "shift:70000", "flip:1", "flip+flip",
            "shift:1+shift:2", "shift:1+", "turn", "shift:99999999999999999999",
        ] { #expect(Augmentation(text) == nil, "\(text)") }
    }

    @Test("Features are refused, and a shift that leaves nothing of an image")
    func refused() throws {
        let augmentation = Augmentation(shift: 3, flips: true)
        let features = try Samples(
            features: [1, 2, 3, 4], featureCount: 2, labels: [0, 1], classCount: 2)
        #expect(throws: AugmentationError.features(augmentation)) {
            try augmentation.check(features)
        }
        #expect(
            AugmentationError.features(augmentation).description
                == "--augment shift:3+flip is for images: the data have features that are none")
        let error = #expect(throws: AugmentationError.self) {
            try augmentation.check(try Self.samples())
        }
        #expect(
            error?.description
                == "--augment shift:3 would leave nothing of an image of 3 × 4: expected at most 2")
        try Augmentation(shift: 2).check(try Self.samples())
        let configuration = FederationConfiguration(
            architecture: try Architecture(input: .vector(2), [.dense(2)]),
            training: LocalTraining(augmentation: augmentation),
            shards: try Partition.iid.divide(features, among: 2, seed: 1),
            trainingImages: features, evaluationSet: EvaluationSet(features),
            rounds: RoundEngine.Configuration(population: 2, rounds: 1))
        #expect(configuration.problem == .augmentation(.features(augmentation)))
    }

    @Test("Training with it depends on seed, client and round alone, and is other training")
    func training() throws {
        let dataset = GeneratedDigits.dataset(seed: 5, trainCount: 60, testCount: 10, threads: 1)
        let architecture = try Architecture(
            input: .image(height: 28, width: 28, channels: 1), [.flatten, .dense(10)])
        let global = architecture.initialParameters(seed: 4)
        func train(
            _ augmentation: Augmentation?, seed: UInt64 = 1, client: Int = 0, round: Int = 1
        ) throws -> ParameterVector {
            let plan = Plan(architecture, batchSize: 8, purpose: .training)
            return try plan.trainLocally(
                LocalTraining(.epochs(2), batchSize: 8, augmentation: augmentation),
                objective: .plain, from: global, on: dataset.train, shard: Array(0..<60),
                seed: seed, client: client, round: round
            ).parameters
        }
        let shifted = try train(Augmentation(shift: 2, flips: true))
        #expect(try train(Augmentation(shift: 2, flips: true)) == shifted)
        var others = [try train(nil), try train(Augmentation(shift: 2))]
        others.append(try train(Augmentation(shift: 2, flips: true), client: 1))
        others.append(try train(Augmentation(shift: 2, flips: true), round: 2))
        for other in others { #expect(other != shifted) }
    }
}
