import TestThreads
import Testing
import Datasets

/// A training set of 60,000 labels whose classes are of unequal size, in no order.
enum Labels {
    static let many: Samples = {
        let labels = (0..<60_000).map { UInt8(($0 &* 2_654_435_761 >> 7) % 97 % 10) }
        // Its images are of one pixel.
        guard
            let images = try? Samples(
                pixels: [UInt8](repeating: 0, count: labels.count), labels: labels, height: 1,
                width: 1)
        else { preconditionFailure("labels are 0 to 9") }
        return images
    }()

    static func images(_ labels: [UInt8]) throws -> Samples {
        try Samples(
            pixels: [UInt8](repeating: 0, count: labels.count), labels: labels, height: 1, width: 1)
    }
}

/// What a partition throws, or nil.
func partitionFailure(_ body: () throws(PartitionError) -> Void) -> PartitionError? {
    do {
        try body()
        return nil
    } catch {
        return error
    }
}

@Suite("Laws of all partitions", .holdsItsThread) struct PartitionLawTests {
    static let clientCounts = [1, 10, 100, 1_000]
    static let all: [Partition] = [
        .iid, .shards(perClient: 2, size: nil), .shards(perClient: 2, size: 29),
        .shards(perClient: 3, size: 20), .dirichlet(alpha: 0.5), .dirichlet(alpha: 100),
        .labels(perClient: 1), .labels(perClient: 2), .labels(perClient: 10),
        .powerLawLabels(perClient: 2), .powerLawLabels(perClient: 10, sigma: 0.5),
        .logNormal(sigma: 1), .powerLaw(exponent: 1.5), .quantityDirichlet(alpha: 0.5),
    ]

    /// The number of images that a partition gives, where that is known.
    private func givenCount(_ partition: Partition, clients: Int) -> Int {
        let images = Labels.many
        switch partition {
        case .shards(let perClient, let size?): return clients * perClient * size
        case .labels(let perClient) where clients == 1 && perClient == 1:
            return images.labels.count { $0 == 0 }
        default: return images.count
        }
    }

    @Test(
        "No image is given twice, none lost, no client is without, sizes and counts agree",
        arguments: all, clientCounts)
    func everyImageOnce(partition: Partition, clients: Int) throws {
        let images = Labels.many
        let shards = try partition.divide(images, among: clients, seed: 3)
        #expect(shards.clientCount == clients)
        #expect(shards.imageCount == images.count)
        var isGiven = [Bool](repeating: false, count: images.count)
        var largest = 0
        var total = 0
        for client in 0..<clients {
            let shard = shards.shard(of: client)
            total += shard.count
            largest = max(largest, shard.count)
            #expect(!shard.isEmpty, "client \(client)")
            #expect(shards.sampleCount(of: client) == shard.count)
            #expect(shards.classCounts(of: client) == images.classCounts(of: shard))
            var before: Int32 = -1
            for index in shard {
                guard index > before, !isGiven[Int(index)] else {
                    Issue.record("client \(client): \(index) behind \(before), or given twice")
                    return
                }
                before = index
                isGiven[Int(index)] = true
            }
        }
        #expect(shards.largestShard == largest)
        #expect(shards.givenCount == total)
        let twoLabels = [Partition.labels(perClient: 2), .powerLawLabels(perClient: 2)]
        if twoLabels.contains(partition), clients == 1 {
            // Two classes of ten: the other eight are nobody's.
            let counts = shards.classCounts(of: 0)
            #expect(counts.count { $0 > 0 } == 2 && counts.reduce(0, +) == total)
        } else {
            #expect(total == givenCount(partition, clients: clients))
        }
    }

    @Test("Same seed, same partition; another seed, another", arguments: all, clientCounts)
    func seedDecides(partition: Partition, clients: Int) throws {
        let one = try partition.divide(Labels.many, among: clients, seed: 11)
        #expect(try partition.divide(Labels.many, among: clients, seed: 11) == one)
        let other = try partition.divide(Labels.many, among: clients, seed: 12)
        // Where nothing is left to chance: all there is for one client, a class for each of ten.
        let isCertain =
            switch partition {
            case .shards(_, .some): false
            case .labels(1): clients <= 10
            case .labels(2): false
            default: clients == 1
            }
        #expect((other == one) == isCertain)
    }

    @Test("Equal sizes, or sizes that differ by one", arguments: clientCounts)
    func equalSizes(clients: Int) throws {
        for partition in [Partition.iid, .shards(perClient: 2, size: nil)] {
            let shards = try partition.divide(Labels.many, among: clients, seed: 1)
            #expect(shards.clientSizes.allSatisfy { $0 == 60_000 / clients })
        }
        let uneven = try Partition.iid.divide(Labels.many, among: 7, seed: 1).clientSizes
        #expect(uneven == [8_572, 8_572, 8_572, 8_571, 8_571, 8_571, 8_571])
    }

    @Test(
        "Where labels are random, a class has its share of every client",
        arguments: [
            Partition.iid, .logNormal(sigma: 1), .powerLaw(exponent: 1.5),
            .quantityDirichlet(alpha: 0.5),
        ], [10, 100])
    func randomLabels(partition: Partition, clients: Int) throws {
        let images = Labels.many
        let shards = try partition.divide(images, among: clients, seed: 5)
        let totals = images.classCounts(of: (0..<60_000).map { Int32($0) })
        for client in 0..<clients {
            let counts = shards.classCounts(of: client)
            let size = Double(shards.sampleCount(of: client))
            for (count, total) in zip(counts, totals) {
                let share = Double(total) / 60_000
                let deviation = (size * share * (1 - share)).squareRoot()
                #expect(abs(Double(count) - size * share) <= 5 * deviation + 1, "client \(client)")
            }
        }
    }

    @Test("A client has whole shards of the images sorted by label", arguments: [nil, 29, 300])
    func shardsAreWhole(size: Int?) throws {
        let images = Labels.many
        let shards = try Partition.shards(perClient: 2, size: size)
            .divide(images, among: 100, seed: 9)
        let sorted = images.indicesByClass().flatMap(\.self)
        var place = [Int](repeating: 0, count: sorted.count)
        for (position, index) in sorted.enumerated() { place[Int(index)] = position }
        let size = size ?? 300
        for client in 0..<100 {
            let pieces = shards.shard(of: client).map { place[Int($0)] / size }
            let counts = Dictionary(pieces.map { ($0, 1) }, uniquingKeysWith: +)
            #expect(counts.count == 2 && counts.values.allSatisfy { $0 == size })
        }
        // Two shards hold few classes: that is what they are for.
        let classes = (0..<100).map { shards.classCounts(of: $0).count { $0 > 0 } }
        #expect(classes.allSatisfy { $0 <= 4 })
    }

    @Test("A client has its own class and others, a class equal parts", arguments: [1, 2, 3, 10])
    func labelsPerClient(perClient: Int) throws {
        let shards = try Partition.labels(perClient: perClient)
            .divide(Labels.many, among: 100, seed: 4)
        var parts = [[Int]](repeating: [], count: 10)
        for client in 0..<100 {
            let counts = shards.classCounts(of: client)
            #expect(counts.count { $0 > 0 } == perClient)
            #expect(counts[client % 10] > 0)
            for (label, count) in counts.enumerated() where count > 0 {
                parts[label].append(count)
            }
        }
        for part in parts { #expect((part.max() ?? 0) - (part.min() ?? 0) <= 1) }
        if perClient > 1, perClient < 10 {
            #expect(Set(parts.map(\.count)).count > 1, "other classes are drawn")
        }
    }

    @Test("A small alpha makes few classes of many, a large one equal parts")
    func dirichletSkews() throws {
        func largestShare(_ alpha: Double) throws -> Double {
            let shards = try Partition.dirichlet(alpha: alpha, minimum: 1)
                .divide(Labels.many, among: 50, seed: 2)
            let shares = (0..<50).map {
                Double(shards.classCounts(of: $0).max() ?? 0) / Double(shards.sampleCount(of: $0))
            }
            return shares.reduce(0, +) / 50
        }
        #expect(try (0.65...0.85).contains(largestShare(0.1)))
        #expect(try (0.35...0.5).contains(largestShare(0.5)))
        #expect(try (0.1...0.13).contains(largestShare(1_000)))
    }

    @Test("A Dirichlet client has its minimum, and gets no class beyond N / K", arguments: 0..<20)
    func dirichletBounds(seed: UInt64) throws {
        let largestClass = Labels.many.indicesByClass().map(\.count).max() ?? 0
        for minimum in [1, 10, 40] {
            let sizes = try Partition.dirichlet(alpha: 0.3, minimum: minimum)
                .divide(Labels.many, among: 40, seed: seed).clientSizes
            #expect(sizes.allSatisfy { $0 >= minimum && $0 < 1_500 + largestClass })
        }
    }

    @Test("Sizes follow their law")
    func sizes() throws {
        func sizes(_ partition: Partition) throws -> [Int] {
            try partition.divide(Labels.many, among: 1_000, seed: 6).clientSizes
        }
        let power = try sizes(.powerLaw(exponent: 1.5))
        #expect(power != power.sorted(by: >), "ranks are drawn")
        let weights = (1...1_000).map { rank in 1 / (Double(rank) * Double(rank).squareRoot()) }
        let total = weights.reduce(0, +)
        for (size, weight) in zip(power.sorted(by: >), weights) {
            #expect(abs(Double(size) - 1 - 59_000 * weight / total) <= 1)
        }
        // In the mean of log-normal sizes lie e^(sigma² / 2) medians: 1.65.
        let logNormal = try sizes(.logNormal(sigma: 1)).sorted()
        #expect((1.4...1.9).contains(60 / Double(logNormal[500])))
        let narrow = try sizes(.logNormal(sigma: 0.01))
        #expect(narrow.allSatisfy { (56...64).contains($0) })
        // Dir(alpha) has the variance of sizes 1/alpha means², for many clients.
        for alpha in [0.5, 2, 50] {
            let sizes = try sizes(.quantityDirichlet(alpha: alpha)).map { Double($0) / 60 - 1 }
            let variance = sizes.reduce(0) { $0 + $1 * $1 } / 1_000
            #expect((0.75...1.25).contains(variance * alpha), "alpha \(alpha): \(variance)")
        }
    }

    @Test("Power-law labels: the client's classes in a row, 5 of each, and the rest unequal")
    func powerLawLabels() throws {
        let images = Labels.many
        let shards = try Partition.powerLawLabels(perClient: 2)
            .divide(images, among: 1_000, seed: 4)
        for client in 0..<1_000 {
            let counts = shards.classCounts(of: client)
            for label in 0..<10 {
                let isOwn = [client % 10, (client + 1) % 10].contains(label)
                #expect(isOwn ? counts[label] >= 5 : counts[label] == 0, "client \(client)")
            }
        }
        let sizes = shards.clientSizes.sorted()
        // The mean is 60: a few clients have most of the images.
        #expect((17...32).contains(sizes[500]) && sizes[999] > 600, "\(sizes[500]), \(sizes[999])")
        // Where there are not five for each, each has one at least.
        let few = try Labels.images((0..<20).map { UInt8($0 % 10) })
        let partition = Partition.powerLawLabels(perClient: 2)
        #expect(
            try partition.divide(few, among: 10, seed: 1).clientSizes
                == [Int](repeating: 2, count: 10))
        let lacking = try Labels.images((0..<20).map { UInt8($0 == 3 ? 4 : $0 % 10) })
        let failure = partitionFailure { () throws(PartitionError) in
            _ = try partition.divide(lacking, among: 10, seed: 1)
        }
        #expect(failure == .tooFewOfClass(label: 3, images: 1, clients: 2))
    }

    @Test("A source knows sizes without drawing")
    func sources() throws {
        let divided = try Partition.powerLaw(exponent: 1).divide(Labels.many, among: 20, seed: 1)
        var sources: [any ShardSource] = [divided]
        for experiment in Experiment.allCases {
            sources.append(
                try ShardSampler(
                    labels: Labels.many, experiment: experiment, samples: 205, seed: 1))
        }
        #expect(Set(sources.map(\.fingerprint)).count == sources.count)
        for source in sources {
            var counts = Set<Int>()
            for client in 0..<20 {
                for round in 1...2 {
                    let count = source.shard(client: client, round: round).count
                    #expect(source.sampleCount(client: client, round: round) == count)
                    #expect(count <= source.largestShard)
                    counts.insert(count)
                }
            }
            #expect(counts.max() ?? 0 > 0)
        }
        #expect(divided.shard(client: 3, round: 1) == divided.shard(client: 3, round: 2))
    }
}

extension DividedShards {
    /// Images of the clients 0 … K − 1.
    var clientSizes: [Int] { (0..<clientCount).map { sampleCount(of: $0) } }
}
