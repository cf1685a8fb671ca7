import TestThreads
import Testing
import Datasets

/// Pins the bits of one small partition of each kind: a change here changes the runs of users.
@Suite("Known answers of partitions", .holdsItsThread) struct PartitionBitsTests {
    /// 30 images, three of each class: 0 3 6 9 2 5 8 1 4 7 0 3 …
    private static let labels = (0..<30).map { UInt8($0 * 3 % 10) }

    private static let answers: [(Partition, [[Int32]])] = [
        (
            .iid,
            [
                [0, 1, 4, 16, 17, 18, 19, 20, 25, 26],
                [2, 3, 6, 7, 8, 9, 11, 12, 14, 27],
                [5, 10, 13, 15, 21, 22, 23, 24, 28, 29],
            ]
        ),
        (
            .shards(perClient: 2, size: nil),
            [
                [0, 3, 7, 10, 13, 16, 17, 20, 23, 26],
                [1, 4, 8, 11, 14, 18, 21, 24, 27, 28],
                [2, 5, 6, 9, 12, 15, 19, 22, 25, 29],
            ]
        ),
        (
            .shards(perClient: 1, size: 4),
            [
                [0, 7, 10, 20],
                [1, 11, 21, 24],
                [3, 6, 16, 26],
            ]
        ),
        (
            .dirichlet(alpha: 0.5, minimum: 3),
            [
                [2, 7, 11, 12, 16, 19, 25, 28, 29],
                [1, 3, 6, 8, 9, 13, 15, 17, 20, 23, 26],
                [0, 4, 5, 10, 14, 18, 21, 22, 24, 27],
            ]
        ),
        (
            .labels(perClient: 4),
            [
                [0, 1, 5, 6, 11, 15, 16, 20, 21, 25],
                [7, 8, 10, 17, 18, 19, 27, 28, 29],
                [2, 4, 9, 12, 14, 22, 24, 26],
            ]
        ),
        (
            .logNormal(sigma: 1),
            [
                [0, 1, 4, 16, 17, 19, 20, 25],
                [2, 6, 7, 11, 18, 26, 27],
                [3, 5, 8, 9, 10, 12, 13, 14, 15, 21, 22, 23, 24, 28, 29],
            ]
        ),
        (
            .powerLaw(exponent: 1.5),
            [
                [0, 1, 2, 3, 4, 6, 7, 8, 11, 14, 16, 17, 18, 19, 20, 25, 26, 27],
                [9, 10, 12, 28],
                [5, 13, 15, 21, 22, 23, 24, 29],
            ]
        ),
        (
            .quantityDirichlet(alpha: 0.5),
            [
                [0, 1, 4, 16, 17, 18, 19, 20, 25, 26],
                [2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 21, 23, 24, 27, 28],
                [22, 29],
            ]
        ),
    ]

    @Test(arguments: answers)
    func bits(partition: Partition, expected: [[Int32]]) throws {
        let shards = try partition.divide(Labels.images(Self.labels), among: 3, seed: 2026)
        #expect((0..<3).map { shards.shard(of: $0) } == expected, "\(partition)")
    }
}
