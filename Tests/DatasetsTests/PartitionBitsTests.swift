import Testing

@testable import Datasets

/// Pins the bits of one small partition of each kind: a change here changes the runs of users.
@Suite("Known answers of partitions") struct PartitionBitsTests {
    /// 30 images, of three in ten each: 0 3 6 9 2 5 8 1 4 7 0 3 …
    private static let labels = (0..<30).map { UInt8($0 * 3 % 10) }

    @Test(arguments: [
        (Partition.iid, [[Int32]]()),
    ])
    func bits(partition: Partition, expected: [[Int32]]) throws {
        let shards = try partition.divide(Labels.images(Self.labels), among: 3, seed: 2026)
        #expect((1...3).map { shards.shard(of: $0) } == expected)
    }
}
