import Federation
import RankTraining
import Synchronization
import TestThreads
import Testing
import ThreadRanks
import Training

@Suite("A federation over several ranks", .holdsItsThread)
struct DistributedFederationTests {
    @Test(
        "The same bits with 1, 2, 3, 5 and 9 ranks as in one process",
        arguments: [
            Strategy.fedAvg, .fedProx(mu: 0.1), .scaffold(), .fedNova(learningRate: 1),
            .fedAvgM(),
        ])
    func sameBits(strategy: Strategy) throws {
        let configuration = try Small(strategy: strategy).configuration()
        let alone = Run.alone(configuration)
        #expect(alone.result.outcome == .completed)
        for ranks in [1, 2, 3, 5, 9] {
            let shared = Run.shared(configuration, ranks: ranks)
            expectSame(shared, alone, "\(ranks) ranks")
            #expect(shared.idle.count == 3)
            #expect(shared.idle.allSatisfy { (0...1).contains($0) })
        }
    }

    @Test("The same bits with several threads in a rank, and without testing clients")
    func threads() throws {
        for strategy in [
            Strategy.fedAvg, .scaffold(), Strategy("Median", aggregator: CoordinateMedian()),
        ] {
            let configuration = try Small(
                strategy: strategy, evaluatesClients: false, threads: 3
            ).configuration()
            let alone = Run.alone(configuration)
            expectSame(
                Run.shared(configuration, ranks: 2), alone, "\(strategy), 2 ranks of 3 threads")
        }
    }

    @Test("Clients that drop out do so with ranks, too")
    func absence() throws {
        let configuration = try Small(
            participation: Participation(
                availability: 0.8, dropoutBefore: 0.2, dropoutAfter: 0.3),
            rounds: 5
        ).configuration()
        let alone = Run.alone(configuration)
        let failures = alone.result.rounds.flatMap(\.record.clients).compactMap(\.failure)
        #expect(failures.contains { $0.reason.contains("before") })
        #expect(failures.contains { $0.reason.contains("after") })
        for ranks in [2, 3] {
            expectSame(Run.shared(configuration, ranks: ranks), alone, "\(ranks) ranks")
        }
    }

    @Test("FedProx over ranks is FedProx, and not FedAvg")
    func proximalTerm() throws {
        let runs = try [Strategy.fedAvg, .fedProx(mu: 0.1)].map {
            try Run.shared(Small(strategy: $0).configuration(), ranks: 3)
        }
        #expect(runs.allSatisfy { $0.result.outcome == .completed })
        #expect(runs[0].result.model != runs[1].result.model)
        let alone = Run.alone(try Small(strategy: .fedProx(mu: 0.1)).configuration())
        expectSame(runs[1], alone, "FedProx")
    }

    @Test("A model that grows out of bounds ends the run with the same words")
    func divergence() throws {
        let configuration = try Small(learningRate: 1e20).configuration()
        let alone = Run.alone(configuration)
        guard case .diverged = alone.result.outcome else {
            Issue.record("it ended as \(alone.result.outcome)")
            return
        }
        expectSame(Run.shared(configuration, ranks: 3), alone, "3 ranks")
    }

    @Test("A server's step out of range ends the run with the same words", arguments: [1, 4])
    func serverDivergence(interval: Int) throws {
        var configuration = try Small(strategy: .fedAvgM(learningRate: 1e45)).configuration()
        configuration.rounds = RoundEngine.Configuration(
            population: 8, rounds: 3, evaluationInterval: interval, evaluatesClients: false,
            seed: 5, cohortSize: 6)
        let alone = Run.alone(configuration)
        guard case .diverged(nil, 1, _) = alone.result.outcome else {
            Issue.record("it ended as \(alone.result.outcome)")
            return
        }
        expectSame(Run.shared(configuration, ranks: 3), alone, "3 ranks")
    }

    @Test("A round that can't be committed ends the run after those that were")
    func commitError() throws {
        struct Full: Error {}
        let configuration = try Small(strategy: .fedAvgM(), rounds: 4).configuration()
        let alone = Run.alone(configuration)
        let first = Run.shared(
            configuration, ranks: 3,
            onRound: { round in if round.record.round == 3 { throw Full() } })
        #expect(first.result.outcome == .interrupted)
        #expect(first.result.commitError is Full)
        #expect(first.states.count == 2)
        let second = Run.shared(configuration, ranks: 2, after: first.resumable(after: 2))
        expectSame(second, alone, after: 2, "resumed")
    }

    @Test(
        "Stopped, it ends as interrupted with what is committed",
        arguments: [Strategy.fedAvg, Strategy("Median", aggregator: CoordinateMedian())])
    func stop(strategy: Strategy) throws {
        let configuration = try Small(strategy: strategy, rounds: 1000).configuration()
        let result = ThreadCommunicator.run(size: 2) { communicator in
            let stop = Mutex<(@Sendable () -> Void)?>(nil)
            let federation = DistributedFederation(
                configuration, communicator, progress: RunProgress(),
                onRound: { round, _ in
                    if round.record.round == 2 { stop.withLock { $0 }?() }
                })
            stop.withLock { $0 = { federation.stop() } }
            let result = federation.run()
            DistributedFederation.dismiss(communicator)
            return result
        } serve: { communicator in
            RankWorker(configuration, communicator).serve()
        }
        #expect(result.outcome == .interrupted)
        #expect(result.rounds.count == 2)
    }
}
