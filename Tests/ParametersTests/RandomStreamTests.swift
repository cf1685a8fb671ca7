import CKernels
import Parameters
import TestThreads
import Testing

@Suite("Random streams", .holdsItsThread)
struct RandomStreamTests {
    struct KnownAnswer: Sendable {
        var counter: [UInt32]
        var seed: UInt64
        var output: [UInt32]
    }

    /// Published with the Philox reference implementation (Random123).
    static let published = [
        KnownAnswer(
            counter: [0, 0, 0, 0], seed: 0,
            output: [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
        KnownAnswer(
            counter: [.max, .max, .max, .max], seed: .max,
            output: [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
        KnownAnswer(
            counter: [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            seed: 0x299f_31d0_a409_3822,
            output: [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]),
    ]

    @Test(arguments: RandomStreamTests.published)
    func givesPublishedAnswer(_ known: KnownAnswer) {
        let key = ck_philox_key(
            seed: known.seed, round: known.counter[1], client: known.counter[2],
            purpose: known.counter[3])
        let words = ck_philox_block(key, known.counter[0]).words
        #expect([words.0, words.1, words.2, words.3] == known.output)
    }

    @Test("Streams of other seeds, purposes, indices, clients and rounds differ")
    func streamsDiffer() {
        let base = RandomKey(seed: 7, purpose: .dropout, index: 1, client: 2, round: 3)
        let others = [
            RandomKey(seed: 8, purpose: .dropout, index: 1, client: 2, round: 3),
            RandomKey(seed: 7, purpose: .shuffling, index: 1, client: 2, round: 3),
            RandomKey(seed: 7, purpose: .dropout, index: 2, client: 2, round: 3),
            RandomKey(seed: 7, purpose: .dropout, index: 1, client: 3, round: 3),
            RandomKey(seed: 7, purpose: .dropout, index: 1, client: 2, round: 4),
        ]
        var stream = RandomStream(base)
        let first = (0..<4).map { _ in stream.next() }
        for key in others {
            var other = RandomStream(key)
            #expect((0..<4).map { _ in other.next() } != first, "\(key)")
        }
        var again = RandomStream(base)
        #expect((0..<4).map { _ in again.next() } == first)
    }

    /// The first 64 bits of a stream whose counter has that word for the client.
    private func first(
        client: UInt32, _ purpose: RandomKey.Purpose, index: UInt32, round: UInt32
    ) -> UInt64 {
        let key = ck_philox_key(
            seed: 7, round: round, client: client, purpose: UInt32(purpose.rawValue) << 24 | index)
        let words = ck_philox_block(key, 0).words
        return UInt64(words.0) | UInt64(words.1) << 32
    }

    @Test("Client k has the part that client k + 1 had when ids began at 1")
    func clientsKeepTheirStreams() {
        for client in [0, 1, 41, Int(Int32.max) - 1] {
            let key = RandomKey(seed: 7, purpose: .dropout, index: 1, client: client, round: 3)
            #expect(
                key == RandomKey(seed: 7, purpose: .dropout, index: 1, part: client + 1, round: 3))
            var stream = RandomStream(key)
            #expect(
                stream.next() == first(client: UInt32(client + 1), .dropout, index: 1, round: 3))
        }
        var nobody = RandomStream(RandomKey(seed: 7, purpose: .selection))
        #expect(nobody.next() == first(client: 0, .selection, index: 0, round: 0))
    }

    @Test("Whole numbers below a bound are in range and even")
    func boundedNumbers() {
        var stream = RandomStream(RandomKey(seed: 1, purpose: .benchmark))
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[stream.next(below: 7)] += 1 }
        for count in counts { #expect(abs(count - 10_000) < 500) }
        #expect((0..<1000).allSatisfy { _ in (3...5).contains(stream.next(in: 3...5)) })
    }

    @Test("A shuffle keeps every element, and every order comes up")
    func shuffles() {
        var stream = RandomStream(RandomKey(seed: 1, purpose: .benchmark))
        var seen: [[Int]: Int] = [:]
        for _ in 0..<6000 {
            var values = [0, 1, 2]
            stream.shuffle(&values)
            seen[values, default: 0] += 1
        }
        #expect(seen.count == 6)
        #expect(seen.values.allSatisfy { abs($0 - 1000) < 200 })
    }
}
