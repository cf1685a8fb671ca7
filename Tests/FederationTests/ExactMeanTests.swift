import Federation
import Parameters
import TestThreads
import Testing

/// Updates whose parameters are drawn by their bits.
struct RandomUpdates {
    var stream: RandomStream

    init(seed: UInt64) {
        stream = RandomStream(RandomKey(seed: seed, purpose: .generation))
    }

    /// Any sign, any fraction, an exponent field in `exponents` (0 holds the denormals and zero).
    mutating func float(exponents: ClosedRange<Int>) -> Float {
        let bits = stream.next()
        let exponent = UInt32(stream.next(in: exponents))
        // One in eight has few significant bits, so that ties and cancellation occur.
        let mask: UInt32 = bits >> 60 < 2 ? 0x70_0000 : 0x7F_FFFF
        return Float(
            bitPattern: UInt32(truncatingIfNeeded: bits) & (0x8000_0000 | mask) | exponent << 23)
    }

    mutating func updates(
        clients: Int, parameters: Int, samples: ClosedRange<Int>, exponents: ClosedRange<Int>
    ) -> [ModelUpdate] {
        (0..<clients).map { client in
            ModelUpdate(
                client: client, round: 1, sampleCount: stream.next(in: samples),
                parameters: ParameterVector(
                    (0..<parameters).map { _ in float(exponents: exponents) }))
        }
    }
}

func mean(of updates: [ModelUpdate]) throws -> ParameterVector {
    var sum = ExactAccumulator(count: updates[0].parameters.count)
    for update in updates { try sum.add(update) }
    return try sum.mean()
}

func bits(_ vector: ParameterVector) -> [UInt32] {
    vector.array(in: 0..<vector.count).map(\.bitPattern)
}

func oracleMean(of updates: [ModelUpdate]) -> ParameterVector {
    ParameterVector(
        updates[0].parameters.array(in: 0..<updates[0].parameters.count).indices.map { index in
            var oracle = Oracle()
            for update in updates {
                oracle.add(
                    update.parameters.array(in: index..<index + 1)[0], times: update.sampleCount)
            }
            return oracle.mean
        })
}

@Suite(.holdsItsThread) struct ExactMeanTests {
    @Test func oracleKnowsWhatIsEasy() {
        var halves = Oracle()
        halves.add(1, times: 3)
        halves.add(-2, times: 1)
        #expect(halves.mean == 0.25)
        var third = Oracle()
        third.add(1, times: 1)
        third.add(0, times: 2)
        #expect(third.mean == Float(1) / 3)
        var least = Oracle()
        least.add(-.leastNonzeroMagnitude, times: 3)
        least.add(0, times: 1)
        #expect(least.mean == -.leastNonzeroMagnitude)
    }

    /// Exponent fields: 0 denormals … 127 for 1 …; 84 and less need the tail words.
    @Test(
        arguments: [
            (1, 1...600, 118...130), (2, 1...1, 120...123), (3, 1...1, 0...3), (4, 1...3, 0...130),
            (5, 1...((1 << 29) - 1), 60...130), (6, 1...((1 << 29) - 1), 0...90),
            (7, 1...8, 80...88), (8, 600...600, 0...150), (9, 1...1, 100...160),
        ] as [(UInt64, ClosedRange<Int>, ClosedRange<Int>)])
    func agreesWithTheOracle(seed: UInt64, samples: ClosedRange<Int>, exponents: ClosedRange<Int>)
        throws
    {
        var random = RandomUpdates(seed: seed)
        for clients in [1, 2, 3, 4, 7] {
            let updates = random.updates(
                clients: clients, parameters: 1000, samples: samples, exponents: exponents)
            let found = bits(try mean(of: updates))
            let expected = bits(oracleMean(of: updates))
            let differing = zip(found, expected).enumerated().filter { $1.0 != $1.1 }
            #expect(found.count == expected.count)
            #expect(
                differing.isEmpty,
                "seed \(seed), \(clients) clients, first at \(differing.first?.offset ?? 0)")
        }
    }

    @Test("On threads that flush denormal numbers to zero, too, and leaves these as they are")
    func flushingThreads() throws {
        for (seed, exponents) in [(31, 0...0), (32, 0...3), (33, 0...60), (34, 0...130)] {
            var random = RandomUpdates(seed: UInt64(seed))
            let updates = random.updates(
                clients: 5, parameters: 3000, samples: 1...5000, exponents: exponents)
            let expected = bits(oracleMean(of: updates))
            for threads in [1, 3] {
                let found = try Denormals.flushed {
                    var sum = ExactAccumulator(count: 3000)
                    try sum.add(contentsOf: Array(updates[..<2]), threads: threads)
                    for update in updates[2...] { try sum.add(update) }
                    return try sum.mean()
                }
                #expect(bits(found) == expected, "seed \(seed), \(threads) threads")
            }
        }
    }

    /// 256 bits are needed where a rounding boundary lies within the error of the quick way and the sum
    /// has a tail: halfway between neighbours, and a hair beside it, at every exponent.
    @Test func boundariesAtEveryExponent() throws {
        var random = RandomUpdates(seed: 35)
        for exponent in 0...140 {
            var updates: [(Int, [Float])] = [(1, []), (1, []), (1, []), (1, [])]
            for hair: Float in [0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude] {
                for _ in 0..<40 {
                    let below = random.float(exponents: exponent...exponent)
                    // The mean of the four is halfway from `below` to the next, but for the hair.
                    for (index, value) in [2 * below, 2 * below.nextUp, hair, 0].enumerated() {
                        updates[index].1.append(value)
                    }
                }
            }
            let models = updates.enumerated().map { client, update in
                ModelUpdate(
                    client: client, round: 1, sampleCount: 1,
                    parameters: ParameterVector(update.1))
            }
            #expect(
                bits(try mean(of: models)) == bits(oracleMean(of: models)), "exponent \(exponent)")
        }
    }

    @Test func tiesGoToTheEvenFloat() throws {
        let odd = Float(1).nextUp
        let pairs: [(Float, Float, Float)] = [
            (1, odd, 1), (odd, odd.nextUp, odd.nextUp), (-1, -odd, -1),
            (0, .leastNonzeroMagnitude, 0),
            (.leastNonzeroMagnitude, 2 * .leastNonzeroMagnitude, 2 * .leastNonzeroMagnitude),
            (.leastNormalMagnitude, .leastNormalMagnitude.nextDown, .leastNormalMagnitude),
            (Float(2).nextDown, 2, 2), (0x1p35, Float(0x1p35).nextUp, 0x1p35),
        ]
        for (a, b, expected) in pairs {
            let updates = [a, b].enumerated().map {
                ModelUpdate(
                    client: $0, round: 1, sampleCount: 1, parameters: ParameterVector([$1]))
            }
            #expect(try mean(of: updates) == ParameterVector([expected]), "\(a), \(b)")
        }
        // (2 + 2 · odd) / 8 lies halfway; the least denormal of a third client breaks the tie.
        for (rest, expected) in [(Float.leastNonzeroMagnitude, odd), (-.leastNonzeroMagnitude, 1)] {
            let updates = [(1, 2), (1, 2 * odd), (1, 0x1p-20), (1, -0x1p-20), (1, rest), (3, 0)]
                .map {
                    ModelUpdate(
                        client: 1, round: 1, sampleCount: $0, parameters: ParameterVector([$1]))
                }
            #expect(try mean(of: updates) == ParameterVector([expected / 2]))
        }
    }

    @Test func orderOfArrivalChangesNoBit() throws {
        var random = RandomUpdates(seed: 11)
        var updates = random.updates(
            clients: 20, parameters: 500, samples: 1...5000, exponents: 0...140)
        let expected = try mean(of: updates)
        for shuffle in 0..<100 {
            random.stream.shuffle(&updates)
            #expect(try mean(of: updates) == expected, "seed 11, shuffle \(shuffle)")
        }
    }

    @Test("Many at once, on any number of threads, are one after the other")
    func manyAtOnce() throws {
        for exponents in [118...130, 0...145] {
            var random = RandomUpdates(seed: 21)
            let updates = random.updates(
                clients: 11, parameters: 70_001, samples: 1...5000, exponents: exponents)
            let expected = try mean(of: updates)
            for threads in [1, 2, 7] {
                for group in [1, 3, 4, 11] {
                    var sum = ExactAccumulator(count: 70_001)
                    for start in stride(from: 0, to: updates.count, by: group) {
                        try sum.add(
                            contentsOf: Array(updates[start..<min(start + group, updates.count)]),
                            threads: threads)
                    }
                    #expect(sum.updateCount == 11)
                    #expect(try sum.mean() == expected, "\(threads) threads, groups of \(group)")
                }
            }
        }
    }

    @Test("Of many at once none is added if one is refused")
    func manyAtOnceOrNone() throws {
        var random = RandomUpdates(seed: 22)
        let good = random.updates(clients: 5, parameters: 9, samples: 1...50, exponents: 110...130)
        var sum = ExactAccumulator(count: 9)
        try sum.add(contentsOf: good)
        let before = try sum.mean()
        let bad = ModelUpdate(
            client: 6, round: 1, sampleCount: 1, parameters: ParameterVector([1, .nan]))
        #expect(throws: AggregationError.wrongLength(client: 6, found: 2, expected: 9)) {
            try sum.add(contentsOf: good + [bad], threads: 2)
        }
        #expect(sum.updateCount == 5)
        #expect(try sum.mean() == before)
    }

    @Test(arguments: [0...0, 0...90, 84...130, 0...145])
    func equalClientsGiveTheirOwnBits(exponents: ClosedRange<Int>) throws {
        var random = RandomUpdates(seed: 12)
        let update = random.updates(
            clients: 1, parameters: 2000, samples: 37...37, exponents: exponents)[0]
        let updates = (0..<30).map { client in
            var copy = update
            copy.client = client
            copy.sampleCount = random.stream.next(in: 1...4000)
            return copy
        }
        let own = bits(update.parameters).map { $0 == 0x8000_0000 ? 0 : $0 }
        #expect(bits(try mean(of: updates)) == own)
    }

    @Test func minusZeroBecomesZero() throws {
        let update = ModelUpdate(
            client: 1, round: 1, sampleCount: 5, parameters: ParameterVector([-0.0, 0]))
        #expect(bits(try mean(of: [update, update])) == [0, 0])
        // A negative mean too small for any Float keeps its sign, as IEEE 754 rounds it.
        let tiny = [(1, -Float.leastNonzeroMagnitude), (2, 0)].map {
            ModelUpdate(client: 1, round: 1, sampleCount: $0, parameters: ParameterVector([$1]))
        }
        #expect(bits(try mean(of: tiny)) == [0x8000_0000])
    }

    @Test func twiceTheSamplesAreTwoClients() throws {
        var random = RandomUpdates(seed: 13)
        let updates = random.updates(
            clients: 6, parameters: 500, samples: 1...1000, exponents: 0...140)
        let doubled = updates.enumerated().map { index, update in
            var copy = update
            if index % 2 == 0 { copy.sampleCount *= 2 }
            return copy
        }
        let repeated = updates + updates.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        #expect(try mean(of: doubled) == mean(of: repeated))
    }

    @Test func reducingAnyGroupingChangesNoBit() throws {
        var random = RandomUpdates(seed: 14)
        var updates = random.updates(
            clients: 24, parameters: 300, samples: 1...5000, exponents: 90...140)
        // Only some updates need the tail, so that sums with and without one meet.
        updates += random.updates(
            clients: 3, parameters: 300, samples: 1...5000, exponents: 0...100)
        let expected = try mean(of: updates)
        for trial in 0..<50 {
            random.stream.shuffle(&updates)
            var groups = (0..<random.stream.next(in: 1...6)).map { _ in
                ExactAccumulator(count: 300)
            }
            for update in updates {
                try groups[random.stream.next(below: groups.count)].add(update)
            }
            var whole = try reduced(groups)
            #expect(try whole.mean() == expected, "seed 14, trial \(trial)")
            let added = whole.updateCount
            #expect(added == 27)
        }
    }

    @Test func lowWordsAreCarriedInTime() throws {
        // Half a unit of the high word: the low word takes all of it, 2⁴¹, each time.
        var sum = ExactAccumulator(count: 3)
        let update = ModelUpdate(
            client: 1, round: 1, sampleCount: 1,
            parameters: ParameterVector([0x1p-25, -0x1p-25, 0x1p-67]))
        // Without a carry the low word would wrap at 2²².
        for _ in 0..<(1 << 22) + 5 { try sum.add(update) }
        #expect(try sum.mean() == update.parameters)
        var many = try reduced(Array(repeating: sum, count: 6))
        #expect(try many.mean() == update.parameters)
        for _ in 0..<1000 { try many.add(update) }
        #expect(try many.mean() == update.parameters)
    }

    @Test func tailComesOnlyWhenNeeded() throws {
        var sum = ExactAccumulator(count: 2)
        func update(_ value: Float) -> ModelUpdate {
            ModelUpdate(
                client: 1, round: 1, sampleCount: 3, parameters: ParameterVector([0, value]))
        }
        try sum.add(update(0x1p-43))
        #expect(!sum.hasTail)
        try sum.add(update(Float(0x1p-43).nextDown))
        #expect(sum.hasTail)
        // Halfway between two neighbours: the even one.
        #expect(try sum.mean() == ParameterVector([0, 0x1p-43]))
    }
}
