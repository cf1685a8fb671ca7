import TestThreads
import Testing
import Datasets

@Suite("Data sets that cannot be divided", .holdsItsThread) struct PartitionErrorTests {
    private func sentence(
        _ partition: Partition, _ labels: [UInt8], among clients: Int?
    ) throws -> String? {
        let images = try Labels.images(labels)
        return partitionFailure { () throws(PartitionError) in
            _ = try partition.divide(images, among: clients, seed: 1)
        }?.description
    }

    private static let hundred = (0..<100).map { UInt8($0 % 10) }

    @Test func clients() throws {
        for partition in PartitionLawTests.all {
            #expect(
                try sentence(partition, Self.hundred, among: 0)
                    == "a partition needs at least 1 client, not 0")
            #expect(
                try sentence(partition, Self.hundred, among: 1 << 31)
                    == "a partition has at most 2147483647 clients, not 2147483648")
            #expect(
                try sentence(partition, Self.hundred, among: nil)
                    == "partition \(partition) needs a number of clients: only csv:FILE, natural "
                    + "and writers bring their own")
        }
    }

    @Test("More clients than images")
    func tooFewImages() throws {
        for partition in [
            Partition.iid, .logNormal(sigma: 1), .powerLaw(exponent: 1),
            .quantityDirichlet(alpha: 1),
            .dirichlet(alpha: 1, minimum: 1),
        ] {
            #expect(
                try sentence(partition, Self.hundred, among: 101)
                    == "100 images are too few for 101 clients with at least 1 each")
            #expect(
                try sentence(partition, [], among: 1)
                    == "0 images are too few for 1 client with at least 1 each")
        }
        for partition in [Partition.iid, .logNormal(sigma: 3), .quantityDirichlet(alpha: 0.01)] {
            #expect(try sentence(partition, Self.hundred, among: 100) == nil)
        }
        #expect(
            try sentence(.dirichlet(alpha: 1), Self.hundred, among: 11)
                == "100 images are too few for 11 clients with at least 10 each")
        #expect(
            try sentence(.dirichlet(alpha: 1, minimum: .max), Self.hundred, among: 2)
                == "100 images are too few for 2 clients with at least 9223372036854775807 each")
    }

    @Test("Shards that do not divide")
    func shards() throws {
        #expect(
            try sentence(.shards(perClient: 2, size: nil), Self.hundred, among: 7)
                == "100 images do not make 7 × 2 = 14 shards of equal size: say a size, like "
                + "shards:2x7, which leaves some images out")
        #expect(try sentence(.shards(perClient: 2, size: 7), Self.hundred, among: 7) == nil)
        #expect(
            try sentence(.shards(perClient: 2, size: 8), Self.hundred, among: 7)
                == "7 clients with 2 shards of 8 each need more than the 100 images there are")
        #expect(
            try sentence(.shards(perClient: 60, size: nil), Self.hundred, among: 2)
                == "2 clients with 60 shards of 1 each need more than the 100 images there are")
        #expect(
            try sentence(.shards(perClient: .max, size: .max), Self.hundred, among: 2)
                == "2 clients with 9223372036854775807 shards of 9223372036854775807 each need more "
                + "than the 100 images there are")
        #expect(
            try sentence(.shards(perClient: 0, size: nil), Self.hundred, among: 2)
                == "partition shards:0 needs its shards per client to be at least 1, not 0")
    }

    @Test("Classes with fewer images than clients")
    func labels() throws {
        for (perClient, clients) in [(1, 101), (3, 34), (10, Int(Int32.max))] {
            #expect(
                try sentence(.labels(perClient: perClient), Self.hundred, among: clients)
                    == "100 images are too few for \(clients) clients with at least \(perClient) "
                    + "each")
        }
        let fewOfMost = Self.hundred.enumerated().map { $0.offset < 70 ? $0.element : 9 }
        #expect(
            try sentence(.labels(perClient: 1), fewOfMost, among: 71)
                == "class 0 has 7 images, but 8 clients are to have some: take fewer clients or "
                + "fewer labels per client")
        #expect(try sentence(.labels(perClient: 1), Self.hundred, among: 100) == nil)
        let withoutSix = Self.hundred.map { $0 == 6 ? 5 : $0 }
        #expect(
            try sentence(.labels(perClient: 10), withoutSix, among: 3)
                == "class 6 has 0 images, but 3 clients are to have some: take fewer clients or "
                + "fewer labels per client")
    }

    @Test("Draws that never reach the minimum")
    func draws() throws {
        // Of such proportions one is 1 and the other 0.
        #expect(
            try sentence(.dirichlet(alpha: 0.000001), [UInt8](repeating: 3, count: 20), among: 2)
                == "partition dirichlet:1e-06 gives one of 2 clients fewer than 10 images in each of "
                + "100 draws, 0 in the best: take fewer clients, a larger alpha, or a lower minimum, "
                + "written behind a second colon")
    }
}
