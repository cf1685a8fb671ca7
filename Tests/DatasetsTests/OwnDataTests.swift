import Datasets
import TestThreads
import Testing

@Suite("Arrays of one's own", .holdsItsThread)
struct OwnDataTests {
    private func sentence(
        _ values: [Float], _ labels: [Int], width: Int = 2, classes: Int = 3
    ) -> String? {
        failure { () throws(DatasetError) in
            _ = try Samples(
                values: values, labels: labels, height: 1, width: width, classCount: classes)
        }?.description
    }

    @Test("Floats come as they are, bytes as byte / 255")
    func batches() throws {
        let floats = try Samples(
            values: [-1, 0.5, 2, 1e30], labels: [61, 0], height: 1, width: 2, classCount: 62)
        let bytes = try Samples(
            pixels: [0, 255, 51, 0], labels: [61, 0] as [UInt8], height: 1, width: 2,
            classCount: 62)
        for (images, expected) in [(floats, [2, 1e30, -1, 0.5]), (bytes, [0.2, 0, 0, 1])] {
            let (found, labels) = images.batch([1, 0])
            #expect(found.count == expected.count)
            for (value, wanted) in zip(found, expected) {
                #expect(abs(Double(value) - wanted) <= 1e-7 * abs(wanted))
            }
            #expect(labels == [0, 61])
            #expect(images.classCounts(of: [0, 0, 1])[61] == 2)
            #expect(images.indicesByClass().count == 62)
        }
        #expect(floats.pixels.isEmpty && bytes.values.isEmpty)
    }

    @Test("What does not fit together is refused in a sentence")
    func refusals() {
        #expect(sentence([1, 2, 3, 4], [0, 2]) == nil)
        #expect(sentence([1, 2, 3], [0, 2]) == "3 pixels do not make 2 images of 2 pixels each")
        #expect(sentence([1, 2], [0], width: 0) == "images cannot be 1×0 pixels with 1 channels")
        #expect(sentence([1, 2], [3]) == "label 0 is 3, but labels are 0 to 2")
        #expect(sentence([1, 2, 3, 4], [0, -1]) == "label 1 is -1, but labels are 0 to 2")
        for (value, name) in [(Float.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf")] {
            #expect(
                sentence([1, 2, 3, value], [0, 1])
                    == "value 1 of image 1 is \(name), but values are finite numbers")
        }
        for classes in [0, -1, 65_537] {
            #expect(
                sentence([1, 2], [0], classes: classes)
                    == "there cannot be \(classes) classes: they are 1 to 65536"
            )
        }
        #expect(sentence([1, 2], [255], classes: 256) == nil)
    }

    @Test("Halves of a dataset are alike")
    func halves() throws {
        func images(width: Int, classes: Int) throws -> Samples {
            try Samples(
                values: [Float](repeating: 0, count: width), labels: [0], height: 1, width: width,
                classCount: classes)
        }
        func sentence(_ test: Samples) throws -> String? {
            let train = try images(width: 2, classes: 3)
            return failure { () throws(DatasetError) in
                _ = try Dataset(name: "own", train: train, test: test)
            }?.description
        }
        #expect(try sentence(images(width: 2, classes: 3)) == nil)
        #expect(
            try sentence(images(width: 4, classes: 3))
                == "the test images are 1×4×1 of 3 classes, but the training images are 1×2×1 of 3")
        #expect(
            try sentence(images(width: 2, classes: 4))
                == "the test images are 1×2×1 of 4 classes, but the training images are 1×2×1 of 3")
    }

    @Test("A fingerprint tells classes and values apart")
    func fingerprints() throws {
        func fingerprint(_ value: Float, classes: Int) throws -> UInt64 {
            let images = try Samples(
                values: [value], labels: [0], height: 1, width: 1, classCount: classes)
            return try Dataset(name: "own", train: images, test: images).fingerprint
        }
        let all = [
            try fingerprint(1, classes: 10), try fingerprint(2, classes: 10),
            try fingerprint(1, classes: 11), try fingerprint(1, classes: 12),
        ]
        #expect(Set(all).count == all.count)
    }

    @Test("Experiments and partitions go by the data's own classes", arguments: [2, 26, 62])
    func classes(_ count: Int) throws {
        let images = try Samples(
            values: [Float](repeating: 0, count: 40 * count),
            labels: (0..<40 * count).map { $0 % count }, height: 1, width: 1, classCount: count)
        let uniform = try ShardSampler(
            labels: images, experiment: .uniform, samples: 3 * count + 1, seed: 1)
        let shard = uniform.shard(client: 0, round: 1)
        #expect(images.classCounts(of: shard) == Array(repeating: 3, count: count))
        #expect(uniform.sampleCount(client: 0, round: 1) == 3 * count)
        #expect(
            failure { () throws(DatasetError) in
                _ = try ShardSampler(
                    labels: images, experiment: .uniform, samples: count - 1, seed: 1)
            }?.description
                == "experiment 1 needs samples to be at least \(count), not \(count - 1)")
        let skewed = try ShardSampler(labels: images, experiment: .skewed, samples: 0, seed: 1)
        for client in 0..<50 {
            let shard = skewed.shard(client: client, round: 1)
            #expect(shard.count <= skewed.largestShard)
            #expect(shard.count == skewed.sampleCount(client: client, round: 1))
        }
        let divided = try Partition.labels(perClient: 2).divide(images, among: 20, seed: 1)
        for client in 0..<20 {
            let counts = divided.classCounts(of: client)
            #expect(counts.count == count)
            #expect(counts.count { $0 > 0 } == 2)
        }
        #expect(
            partitionFailure { () throws(PartitionError) in
                _ = try Partition.labels(perClient: count + 1).divide(images, among: 2, seed: 1)
            } == .moreLabelsThanClasses(perClient: count + 1, classes: count))
    }
}

@Suite("A partition as a list", .holdsItsThread)
struct ListedShardsTests {
    private let images = try? Samples(
        values: [0, 0, 0, 0, 0], labels: [0, 1, 2, 0, 1], height: 1, width: 1, classCount: 3)

    private func sentence(_ shards: [[Int]]) throws -> String? {
        let images = try #require(images)
        return partitionFailure { () throws(PartitionError) in
            _ = try DividedShards(shards, of: images)
        }?.description
    }

    @Test("Each client has its list, in rising order, in each round")
    func lists() throws {
        let images = try #require(images)
        let shards = try DividedShards([[4, 1], [0], [3]], of: images)
        #expect(shards.clientCount == 3 && shards.populationLimit == 3)
        #expect(shards.shard(client: 0, round: 1) == [1, 4])
        #expect(shards.shard(client: 0, round: 7) == [1, 4])
        #expect(shards.sampleCount(client: 2, round: 1) == 1)
        #expect(shards.largestShard == 2 && shards.givenCount == 4)
        #expect(shards.classCounts(of: 0) == [0, 2, 0])
        let other = try DividedShards([[4, 1], [3], [0]], of: images)
        #expect(shards.fingerprint != other.fingerprint)
    }

    @Test("What is no division is refused in a sentence")
    func refusals() throws {
        #expect(try sentence([]) == "a partition needs at least 1 client, not 0")
        #expect(
            try sentence([[0], []]) == "the shard of client 1 has no image: each has one at least")
        for index in [-1, 5, .max, .min] {
            #expect(
                try sentence([[0], [index]])
                    == "the shard of client 1 has image \(index), but images are 0 to 4")
        }
        #expect(try sentence([[0, 0]]) == "the shard of client 0 has image 0 twice")
        #expect(
            try sentence([[0, 1], [2], [1]])
                == "image 1 is in the shards of two clients, 0 and 2")
    }
}
