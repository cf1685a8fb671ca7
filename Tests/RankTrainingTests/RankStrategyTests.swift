import Federation
import Parameters
import RankTraining
import Synchronization
import TestThreads
import Testing
import ThreadRanks

@Suite("Strategies over several ranks", .holdsItsThread)
struct RankStrategyTests {
    /// Some rounds are drawn anew, clients drop out before and after training, and others are not
    /// there.
    private static func configuration(
        _ strategy: Strategy, evaluatesClients: Bool = true
    ) throws -> Small {
        Small(
            strategy: strategy,
            participation: Participation(
                availability: 0.8, dropoutBefore: 0.2, dropoutAfter: 0.3),
            evaluatesClients: evaluatesClients, minimumClients: 4, isDeep: false)
    }

    @Test(
        "The same bits with 1, 2, 3 and 5 ranks as in one process, of all that is known",
        arguments: everyStrategy)
    func sameBits(strategy: Strategy) throws {
        for evaluatesClients in [true, false] {
            let configuration = try Self.configuration(
                strategy, evaluatesClients: evaluatesClients
            ).configuration()
            let alone = Run.alone(configuration)
            #expect(alone.result.outcome == .completed)
            #expect(alone.states.count == 3)
            #expect(alone.states[2].clients.isEmpty != strategy.hasClientState)
            let lost = alone.result.rounds.flatMap(\.record.clients).compactMap(\.failure)
            #expect(lost.contains { $0.reason.contains("after") })
            for ranks in [1, 2, 3, 5] {
                expectSame(Run.shared(configuration, ranks: ranks), alone, "\(ranks) ranks")
            }
        }
    }

    @Test("Resumed after every round with another number of ranks", arguments: everyStrategy)
    func resumed(strategy: Strategy) throws {
        let configuration = try Self.configuration(strategy).configuration()
        let alone = Run.alone(configuration)
        #expect(alone.states.count == 3)
        for (count, ranks) in [(1, 3), (2, 2), (3, 2)] {
            let rest = Run.shared(
                configuration, ranks: ranks, after: alone.resumable(after: count))
            expectSame(rest, alone, after: count, "after round \(count)")
        }
    }

    @Test("A client's own model is tested as it leaves the client")
    func sentModels() throws {
        let runs = try [Strategy.fedAvg, Strategy("Half", transforms: [HalfLater(place: .client)])]
            .map { strategy in
                try Run.shared(
                    Small(strategy: strategy, rounds: 1, isDeep: false).configuration(), ranks: 2)
            }
        let parts = runs.map { $0.result.rounds[0].record.clients }
        #expect(parts[0].map(\.client) == parts[1].map(\.client))
        for (plain, half) in zip(parts[0], parts[1]) {
            // Both have trained the same model.
            #expect(plain.evaluation != nil && half.evaluation != nil)
            #expect(plain.evaluation != half.evaluation)
        }
    }

    @Test("What the other ranks have is not sent again")
    func vectorsSent() throws {
        let length = 4 * (784 * 10 + 10)
        // The model for the first training and for each test; SCAFFOLD's c, which comes into being
        // with the first round, for all others; the velocity is the server's alone.
        for (strategy, expected) in [(Strategy.fedAvgM(), 4), (.scaffold(), 6)] {
            let configuration = try Small(strategy: strategy, isDeep: false).configuration()
            let broadcasts = Broadcasts()
            let run = Run.shared(
                configuration, ranks: 2,
                wrapping: { CountingCommunicator(communicator: $0, broadcasts: broadcasts) })
            #expect(run.result.outcome == .completed)
            #expect(broadcasts.lengths.count { $0 == length } == expected, "\(strategy)")
        }
    }

    // MARK: Folds that refuse

    @Test(
        "An update that the fold refuses is refused with the same words", arguments: [true, false])
    func refusedUpdate(dropsDiverging: Bool) throws {
        let certain = Run.alone(try Small(rounds: 1, isDeep: false).configuration())
        let client = try #require(certain.result.rounds[0].record.clients.dropFirst(2).first).client
        let fault = FoldFault.refuses(client: client)
        for aggregator: any Aggregator in [
            FaultyMean(fault: fault), CoordinateMedian(fault: fault),
        ] {
            let configuration = try Small(
                strategy: Strategy("Refusing", aggregator: aggregator),
                dropsDiverging: dropsDiverging, isDeep: false
            ).configuration()
            let alone = Run.alone(configuration)
            if dropsDiverging {
                #expect(alone.result.outcome == .completed)
                let part = alone.result.rounds[0].record.clients.first { $0.client == client }
                #expect(part?.failure?.reason == FoldFault.sentence)
            } else {
                let outcome = Outcome.diverged(
                    client: client, round: 1, reason: FoldFault.sentence)
                #expect(alone.result.outcome == outcome)
            }
            for ranks in [1, 3] {
                expectSame(
                    Run.shared(configuration, ranks: ranks), alone, "\(aggregator), \(ranks) ranks")
            }
        }
    }

    @Test("A fold that can't be finished ends the run with the same words")
    func refusedRound() throws {
        for aggregator: any Aggregator in [
            FaultyMean(fault: .cannotClose), CoordinateMedian(fault: .cannotClose),
        ] {
            let configuration = try Small(
                strategy: Strategy("Refusing", aggregator: aggregator), isDeep: false
            ).configuration()
            let alone = Run.alone(configuration)
            #expect("\(alone.result.outcome)".hasSuffix(FoldFault.sentence))
            #expect(alone.states.isEmpty)
            for ranks in [1, 3] {
                expectSame(
                    Run.shared(configuration, ranks: ranks), alone, "\(aggregator), \(ranks) ranks")
            }
        }
    }

    @Test("Where ranks' sums do not fit into one, no client's update counts")
    func overflow() throws {
        var small = Small(
            strategy: Strategy("Full", aggregator: FaultyMean(fault: .isFull)), isDeep: false)
        let alone = Run.alone(try small.configuration())
        #expect(alone.result.outcome == .completed)
        let lowest = try #require(alone.result.rounds[0].record.clients.first).client
        expectSame(Run.shared(try small.configuration(), ranks: 1), alone, "1 rank")
        let sentence = "\(AggregationError.mergeOverflow)"
        let ended = Run.shared(try small.configuration(), ranks: 2)
        #expect(
            ended.result.outcome == .diverged(client: lowest, round: 1, reason: sentence))
        #expect(ended.states.isEmpty)
        small.dropsDiverging = true
        let dropped = Run.shared(try small.configuration(), ranks: 2)
        #expect(
            dropped.result.outcome
                == .failed(
                    client: lowest, round: 1,
                    reason: sentence + ", and no other client sent an update"))
    }

    @Test("Sums of models and of changes are not added up")
    func unlikeSums() throws {
        let layout = ParameterLayout([("w", [2])])
        let vector = ParameterVector([1, 2])
        var totals: [ExactMeanFold.Totals] = []
        for (client, value) in [UpdateValue.model(vector), .change(vector)].enumerated() {
            var fold = ExactMeanFold(layout)
            let part = Contribution(
                client: client, round: 1, sampleCount: 1, weight: 1, value: value)
            try fold.add([part], threads: 1)
            totals.append(fold.totals)
        }
        #expect(throws: AggregationError.self) { try ExactMeanFold.adding(totals[0], totals[1]) }
        let empty = ExactMeanFold(layout).totals
        for one in totals {
            #expect(try ExactMeanFold.adding(one, empty) == ExactMeanFold.adding(empty, one))
        }
    }
}

/// How many bytes each broadcast of rank 0 had.
private final class Broadcasts: Sendable {
    private let counts = Mutex<[Int]>([])

    var lengths: [Int] { counts.withLock { $0 } }

    func note(_ count: Int) { counts.withLock { $0.append(count) } }
}

/// Takes note of what rank 0 sends to all.
private struct CountingCommunicator: Communicator {
    let communicator: ThreadCommunicator
    let broadcasts: Broadcasts

    var rank: Int { communicator.rank }
    var size: Int { communicator.size }

    func broadcast(_ bytes: UnsafeMutableRawBufferPointer) {
        broadcasts.note(bytes.count)
        communicator.broadcast(bytes)
    }

    func scatter(_ messages: [[UInt8]]) -> [UInt8] { communicator.scatter(messages) }
    func gather(_ message: [UInt8]) -> [[UInt8]] { communicator.gather(message) }
    func sum(_ words: UnsafeMutableBufferPointer<Int64>) { communicator.sum(words) }
}
