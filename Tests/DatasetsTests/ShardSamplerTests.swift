import TestThreads
import Testing
import Datasets

@Suite(.holdsItsThread) struct ShardSamplerTests {
    /// 500 images with classes of unequal size, none of them empty.
    static func images(without missing: UInt8? = nil) throws -> Samples {
        let labels = (0..<500).map { UInt8($0 * $0 % 97 % 10) }.filter { $0 != missing }
        return try Samples(
            pixels: [UInt8](repeating: 0, count: labels.count), labels: labels, height: 1, width: 1)
    }

    @Test(arguments: 0..<100) func countsAreAsPromised(seed: UInt64) throws {
        let images = try Self.images()
        for (experiment, samples) in [
            (Experiment.uniform, 257), (.equalRandom, 257), (.unequalRandom, 257), (.skewed, 0),
        ] {
            let sampler = try ShardSampler(
                labels: images, experiment: experiment, samples: samples, seed: seed)
            for (client, round) in [(0, 0), (0, 1), (1, 0), (99_999, 7)] {
                let shard = sampler.shard(client: client, round: round)
                let place = "seed \(seed), client \(client), round \(round)"
                guard shard.allSatisfy({ (0..<500).contains($0) }) else {
                    Issue.record("index outside the training set, \(place)")
                    continue
                }
                #expect(shard.count <= sampler.largestShard, "\(place)")
                let counts = images.classCounts(of: shard)
                switch experiment {
                case .uniform: #expect(counts.allSatisfy { $0 == 25 }, "\(place)")
                case .equalRandom: #expect(shard.count == 257, "\(place)")
                case .unequalRandom: #expect((1...256).contains(shard.count), "\(place)")
                case .skewed:
                    let favoured = counts.count { (60...109).contains($0) }
                    let others = counts.count { (1...9).contains($0) }
                    #expect(favoured + others == 10 && (1...9).contains(favoured), "\(place)")
                }
            }
        }
    }

    @Test(arguments: Experiment.allCases) func keysDecide(experiment: Experiment) throws {
        let images = try Self.images()
        func sampler(seed: UInt64, fixed: Bool = false) throws -> ShardSampler {
            try ShardSampler(
                labels: images, experiment: experiment, samples: 200, seed: seed, fixed: fixed)
        }
        for seed in 0..<50 as Range<UInt64> {
            let one = try sampler(seed: seed)
            let shard = one.shard(client: 3, round: 2)
            #expect(try sampler(seed: seed).shard(client: 3, round: 2) == shard, "seed \(seed)")
            #expect(one.shard(client: 4, round: 2) != shard, "seed \(seed)")
            #expect(one.shard(client: 3, round: 3) != shard, "seed \(seed)")
            #expect(
                try sampler(seed: seed + 1000).shard(client: 3, round: 2) != shard, "seed \(seed)")
            let fixed = try sampler(seed: seed, fixed: true)
            #expect(fixed.shard(client: 3, round: 9) == fixed.shard(client: 3, round: 0))
            #expect(fixed.shard(client: 3, round: 9) == one.shard(client: 3, round: 0))
            #expect(fixed.shard(client: 4, round: 9) != fixed.shard(client: 3, round: 9))
        }
    }

    @Test func sizesCoverTheirRanges() throws {
        let images = try Self.images()
        let unequal = try ShardSampler(
            labels: images, experiment: .unequalRandom, samples: 5, seed: 1)
        let sizes = Set((0..<200).map { unequal.shard(client: $0, round: 0).count })
        #expect(sizes == [1, 2, 3, 4])
        let skewed = try ShardSampler(labels: images, experiment: .skewed, samples: 0, seed: 1)
        var seen = Set<Int>()
        for client in 0..<2000 {
            seen.formUnion(images.classCounts(of: skewed.shard(client: client, round: 0)))
        }
        #expect(seen == Set(1...9).union(60...109))
    }

    @Test func everyImageIsDrawn() throws {
        let images = try Self.images()
        for experiment in Experiment.allCases {
            let sampler = try ShardSampler(
                labels: images, experiment: experiment, samples: 400, seed: 5)
            var seen = Set<Int32>()
            for client in 0..<200 { seen.formUnion(sampler.shard(client: client, round: 0)) }
            #expect(seen == Set(0..<500), "\(experiment)")
        }
    }

    @Test func namesWhatCannotBeDrawn() throws {
        func sentence(
            _ experiment: Experiment, _ samples: Int, without missing: UInt8? = nil
        ) throws -> String? {
            let images = try Self.images(without: missing)
            return failure { () throws(DatasetError) in
                _ = try ShardSampler(
                    labels: images, experiment: experiment, samples: samples, seed: 1)
            }?.description
        }
        #expect(try sentence(.uniform, 9) == "experiment 1 needs samples to be at least 10, not 9")
        #expect(
            try sentence(.equalRandom, 0) == "experiment 2 needs samples to be at least 1, not 0")
        #expect(
            try sentence(.unequalRandom, 1)
                == "experiment 3 needs samples to be at least 2, not 1")
        #expect(
            try sentence(.equalRandom, 10_000_001)
                == "experiment 2 allows samples to be at most 10000000, not 10000001")
        #expect(try sentence(.uniform, 10) == nil)
        #expect(try sentence(.unequalRandom, 2) == nil)
        #expect(try sentence(.skewed, -1) == nil)
        for experiment in [Experiment.uniform, .skewed] {
            #expect(
                try sentence(experiment, 10, without: 6)
                    == "experiment \(experiment.rawValue) draws from every class, but the "
                    + "training set has no image of class 6")
        }
        #expect(try sentence(.equalRandom, 10, without: 6) == nil)
        let none = try Samples(pixels: [], labels: [UInt8](), height: 1, width: 1)
        #expect(
            failure { () throws(DatasetError) in
                _ = try ShardSampler(labels: none, experiment: .equalRandom, samples: 1, seed: 1)
            }?.description == "the training set has no images")
    }
}
