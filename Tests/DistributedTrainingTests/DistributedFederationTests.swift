import Datasets
import Federation
import LocalTraining
import NeuralNetworks
import Synchronization
import Tensors
import Testing
import DistributedTraining

/// A federation small enough for a test.
private struct Small {
    static let dataset = GeneratedDigits.dataset(
        seed: 2, trainCount: 1500, testCount: 1300, threads: 2)

    var strategy = Strategy.fedAvg
    var partition = Partition.dirichlet(alpha: 0.3)
    var participation = Participation()
    var evaluatesClients = true
    var cohort = 6
    var rounds = 3
    var learningRate: Float = 0.05
    var threads = 1

    func configuration() throws -> InProcessFederation.Configuration {
        let architecture = try Architecture(
            input: .image(height: 28, width: 28, channels: 1),
            [
                .convolution(filters: 4, kernel: 5, strides: 2, activation: .relu),
                .maxPooling(2), .dropout(0.25), .flatten, .dense(10),
            ])
        return InProcessFederation.Configuration(
            architecture: architecture, strategy: strategy,
            training: LocalTraining(
                .epochs(1), batchSize: 16, optimizer: LocalOptimizer(learningRate: learningRate)),
            shards: .divided(
                try partition.divide(Self.dataset.train, among: 8, seed: 5)),
            trainingImages: Self.dataset.train, evaluationSet: EvaluationSet(Self.dataset.test),
            rounds: RoundEngine.Configuration(
                population: 8, rounds: rounds, evaluatesClients: evaluatesClients, seed: 5,
                cohortSize: cohort, participation: participation),
            seed: 5, threads: threads)
    }
}

/// Runs on ranks that are threads.
private func run(
    _ configuration: InProcessFederation.Configuration, ranks: Int,
    resuming rounds: [CommittedRound] = [], state: FederationState? = nil,
    onRound: @escaping @Sendable (CommittedRound, FederationState) throws -> Void = { _, _ in }
) -> (result: RunResult, idle: [Double]) {
    ThreadCommunicator.run(size: ranks) { communicator in
        let federation = DistributedFederation(
            configuration, communicator, progress: RunProgress(), resuming: rounds, state: state,
            onRound: onRound)
        let result = federation.run()
        DistributedFederation.dismiss(communicator)
        return (result, federation.idleShares)
    } serve: { communicator in
        RankWorker(configuration, communicator).serve()
    }
}

private func expectSame(_ a: RunResult, _ b: RunResult, _ note: Comment) {
    #expect(a.outcome == b.outcome, note)
    #expect(a.model == b.model, note)
    #expect(a.rounds.map(\.record) == b.rounds.map(\.record), note)
    #expect(a.rounds.map(\.classCounts) == b.rounds.map(\.classCounts), note)
}

@Suite("A federation over several ranks")
struct DistributedFederationTests {
    @Test(
        "The same bits with 1, 2, 3, 5 and 9 ranks as in one process",
        arguments: [
            Strategy.fedAvg, .fedProx(mu: 0.1), .fedNova(learningRate: 1), .fedAvgM(),
        ])
    func sameBits(strategy: Strategy) throws {
        let configuration = try Small(strategy: strategy).configuration()
        let alone = InProcessFederation(configuration, onRound: { _, _ in }).run()
        #expect(alone.outcome == .completed)
        for ranks in [1, 2, 3, 5, 9] {
            let (shared, idle) = run(configuration, ranks: ranks)
            expectSame(shared, alone, "\(ranks) ranks")
            #expect(idle.count == 3)
            #expect(idle.allSatisfy { (0...1).contains($0) })
        }
    }

    @Test("The same bits with several threads in a rank, and without testing clients")
    func threads() throws {
        let configuration = try Small(evaluatesClients: false, threads: 3).configuration()
        let alone = InProcessFederation(configuration, onRound: { _, _ in }).run()
        expectSame(run(configuration, ranks: 2).result, alone, "2 ranks of 3 threads")
    }

    @Test("Clients that drop out do so with ranks, too")
    func absence() throws {
        let configuration = try Small(
            participation: Participation(
                availability: 0.8, dropoutBefore: 0.2, dropoutAfter: 0.3),
            rounds: 5
        ).configuration()
        let alone = InProcessFederation(configuration, onRound: { _, _ in }).run()
        let failures = alone.rounds.flatMap(\.record.clients).compactMap(\.failure)
        #expect(failures.contains { $0.reason.contains("before") })
        #expect(failures.contains { $0.reason.contains("after") })
        for ranks in [2, 3] {
            expectSame(run(configuration, ranks: ranks).result, alone, "\(ranks) ranks")
        }
    }

    @Test("A model that grows out of bounds ends the run with the same words")
    func divergence() throws {
        let configuration = try Small(learningRate: 1e20).configuration()
        let alone = InProcessFederation(configuration, onRound: { _, _ in }).run()
        guard case .diverged = alone.outcome else {
            Issue.record("it ended as \(alone.outcome)")
            return
        }
        expectSame(run(configuration, ranks: 3).result, alone, "3 ranks")
    }

    @Test("A run goes on from its committed rounds with another number of ranks")
    func resume() throws {
        struct Full: Error {}
        let configuration = try Small(strategy: .fedAvgM(), rounds: 4).configuration()
        let alone = InProcessFederation(configuration, onRound: { _, _ in }).run()
        let kept = Mutex<(rounds: [CommittedRound], state: FederationState?)>(([], nil))
        let first = run(configuration, ranks: 3) { round, state in
            if round.record.round == 3 { throw Full() }
            kept.withLock {
                $0.rounds.append(round)
                $0.state = state
            }
        }.result
        #expect(first.outcome == .interrupted)
        #expect(first.commitError is Full)
        let (rounds, state) = kept.withLock { $0 }
        #expect(rounds.count == 2)
        let second = run(configuration, ranks: 2, resuming: rounds, state: state).result
        expectSame(second, alone, "resumed")
    }

    @Test("Stopped, it ends as interrupted with what is committed")
    func stop() throws {
        let configuration = try Small(rounds: 1000).configuration()
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

@Suite("Dealing a round's clients to ranks")
struct WorkDealTests {
    @Test("By hand: the longest first, to whoever is done first")
    func byHand() {
        let costs = [(1, 2.0), (2, 7), (3, 3), (4, 6), (5, 5)].map { (client: $0.0, cost: $0.1) }
        // 7 | 6; 5 to the second: 7 | 11; 3 to the first: 10 | 11; 2 to the first: 12 | 11.
        let deal = WorkDeal(costs, speeds: [1, 1])
        #expect(deal.clients == [[2, 3, 1], [4, 5]])
        // The second is three times as fast: 7 to it (7/3), 6 to it (13/3 < 6), 5 to the first (5 < 6),
        // 3 to it (16/3 < 8), 2 to it (6 < 7).
        #expect(WorkDeal(costs, speeds: [1, 3]).clients == [[5], [2, 4, 3, 1]])
    }

    @Test("Nobody is lost or dealt twice, and equal ranks differ by one client's work at most")
    func law() {
        for seed in 0..<200 as Range<UInt64> {
            var random = RandomStream(RandomKey(seed: seed, purpose: .evaluation))
            let count = Int(random.nextUniform() * 40)
            let ranks = 1 + Int(random.nextUniform() * 9)
            let costs = (0..<count).map { (client: $0 + 1, cost: 1 + 99 * random.nextUniform()) }
            let deal = WorkDeal(costs, speeds: Array(repeating: 3, count: ranks))
            #expect(deal.clients.count == ranks, "seed \(seed)")
            #expect(deal.clients.flatMap { $0 }.sorted() == costs.map(\.client), "seed \(seed)")
            let loads = deal.clients.map { $0.reduce(0) { $0 + costs[$1 - 1].cost } }
            let most = costs.map(\.cost).max() ?? 0
            #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= most + 1e-9, "seed \(seed)")
        }
    }
}
