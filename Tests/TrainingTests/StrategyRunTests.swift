import Datasets
import Federation
import NeuralNetworks
import Synchronization
import TestThreads
import Testing
import Training

/// Whole runs with a cohort, drop-outs and over-selection, small enough for a test.
private struct Run {
    static let dataset = GeneratedDigits.dataset(
        seed: 2, trainCount: 600, testCount: 300, threads: 2)

    var rounds: [CommittedRound]
    /// After each round.
    var states: [FederationState]
    var result: RunResult

    /// - Parameter certain: whether all clients take part in all rounds.
    static func of(
        _ strategy: Strategy, threads: Int = 2, seed: UInt64 = 3, certain: Bool = false,
        experiment: Experiment = .unequalRandom, evaluatesClients: Bool = false,
        training: LocalTraining? = nil
    ) throws -> Run {
        let architecture = try Architecture(
            input: .image(height: 28, width: 28, channels: 1),
            [.flatten, .dense(12, activation: .relu), .dropout(0.25), .dense(10)])
        let training =
            training
            ?? LocalTraining(
                .epochs(1.5), batchSize: 7,
                optimizer: LocalOptimizer(learningRate: 0.05, momentum: 0.5),
                learningRateDecay: 0.9)
        let rules = RoundEngine.Configuration(
            population: 9, rounds: 3, evaluatesClients: evaluatesClients, seed: seed,
            cohortSize: certain ? 9 : 4, overSelection: certain ? 1 : 1.5,
            minimumClients: certain ? 1 : 3,
            participation: certain
                ? Participation()
                : Participation(availability: 0.8, dropoutBefore: 0.2, dropoutAfter: 0.2))
        let known = Mutex<[FederationState]>([])
        let result = InProcessFederation(
            InProcessFederation.Configuration(
                architecture: architecture, strategy: strategy, training: training,
                shards: try ShardSampler(
                    labels: dataset.train, experiment: experiment, samples: 40, seed: seed),
                trainingImages: dataset.train, evaluationSet: EvaluationSet(dataset.test),
                rounds: rules, seed: seed, threads: threads),
            onRound: { _, state in known.withLock { $0.append(state) } }
        ).run()
        return Run(rounds: result.rounds, states: known.withLock { $0 }, result: result)
    }
}

@Suite("Whole runs of every strategy", .holdsItsThread)
struct StrategyRunTests {
    private static let strategies: [(String, Strategy)] = [
        ("fedavg", .fedAvg), ("fedsgd", .fedSGD), ("fedprox", .fedProx(mu: 0.1)),
        ("scaffold", .scaffold()), ("scaffold, half", .scaffold(learningRate: 0.5)),
        ("fednova", .fedNova()), ("fedavgm", .fedAvgM()),
        ("fedadagrad", .adaptive(ServerOptimizer(.adagrad, learningRate: 0.1))),
        ("fedadam", .adaptive(ServerOptimizer(.adam, learningRate: 0.01))),
        ("fedyogi", .adaptive(ServerOptimizer(.yogi, learningRate: 0.01))),
    ]

    @Test("The same bits with 1, 2 and 7 threads, of all that is known", arguments: strategies)
    func threads(name: String, strategy: Strategy) throws {
        let training =
            name == "fedsgd"
            ? LocalTraining(
                .epochs(1), batchSize: nil, optimizer: LocalOptimizer(learningRate: 0.1)) : nil
        for evaluatesClients in [false, true] {
            let one = try Run.of(
                strategy, threads: 1, evaluatesClients: evaluatesClients, training: training)
            #expect(one.result.outcome == .completed)
            #expect(one.states.count == 3)
            let lost = one.rounds.flatMap(\.record.clients).count { $0.failure != nil }
            #expect(lost > 0)
            for round in one.rounds {
                let counted = round.record.clients.filter { $0.sampleCount != nil }
                #expect(Set(round.classCounts.keys) == Set(counted.map(\.client)))
            }
            for threads in [2, 7] {
                let many = try Run.of(
                    strategy, threads: threads, evaluatesClients: evaluatesClients,
                    training: training)
                #expect(many.states == one.states)
                #expect(many.rounds.map(\.record) == one.rounds.map(\.record))
                #expect(many.rounds.map(\.classCounts) == one.rounds.map(\.classCounts))
            }
        }
        let other = try Run.of(strategy, seed: 4, training: training)
        let one = try Run.of(strategy, training: training)
        #expect(other.result.model != one.result.model)
        // Those who were in the sum are those for whom something is kept, if anything is.
        let seen = Set(
            one.rounds.flatMap(\.record.clients).filter { $0.sampleCount != nil }.map(\.client))
        #expect(Set(one.states[2].clients.keys) == (strategy.hasClientState ? seen : []))
    }

    @Test(
        "A rate that decays below a Float's range trains no more, and ends no run",
        arguments: strategies)
    func underflowedRate(name: String, strategy: Strategy) throws {
        for decay in [1e-30, 1e-40, 1e-200] {
            let training = LocalTraining(
                .epochs(1), batchSize: name == "fedsgd" ? nil : 7,
                optimizer: LocalOptimizer(learningRate: 0.05), learningRateDecay: decay)
            let run = try Run.of(strategy, certain: true, training: training)
            #expect(run.result.outcome == .completed, "decay \(decay)")
            for state in run.states {
                let kept = Array(state.vectors.values) + state.clients.values.flatMap(\.values)
                for vector in [state.model] + kept {
                    #expect(vector.inspect().firstNonFinite == nil, "decay \(decay)")
                }
            }
        }
    }

    @Test("FedProx at μ = 0, and FedAvgM at β = 0 and η = 1, are FedAvg to the bit")
    func plainSettings() throws {
        for certain in [false, true] {
            let average = try Run.of(.fedAvg, certain: certain)
            for strategy in [
                Strategy.fedProx(mu: 0), .fedAvgM(learningRate: 1, momentum: 0),
            ] {
                let run = try Run.of(strategy, certain: certain)
                #expect(run.states == average.states, "\(strategy.name)")
                #expect(run.rounds.map(\.record) == average.rounds.map(\.record))
            }
            for strategy in [Strategy.fedProx(mu: 0.5), .fedAvgM(), .scaffold(), .fedNova()] {
                let run = try Run.of(strategy, certain: certain)
                #expect(run.result.model != average.result.model, "\(strategy.name)")
            }
        }
    }

    @Test("FedNova is FedAvg to within rounding where all take as many steps")
    func novaOfEqualSteps() throws {
        let average = try Run.of(.fedAvg, certain: true, experiment: .equalRandom)
        let nova = try Run.of(.fedNova(), certain: true, experiment: .equalRandom)
        let count = average.result.model.count
        let differences = zip(
            average.result.model.array(in: 0..<count), nova.result.model.array(in: 0..<count)
        ).map { abs($0 - $1) }
        #expect(differences.count == count)
        #expect((differences.max() ?? 1) < 1e-6)
    }

    @Test("FedSGD is FedAvg with E = 1 and B = ∞")
    func fedSGD() throws {
        let training = LocalTraining(
            .epochs(1), batchSize: nil, optimizer: LocalOptimizer(learningRate: 0.1))
        let average = try Run.of(.fedAvg, training: training)
        let steps = try Run.of(.fedSGD, training: training)
        #expect(steps.states == average.states)
        #expect(steps.rounds.map(\.record) == average.rounds.map(\.record))
    }

    @Test("Every strategy learns", arguments: strategies)
    func learns(name: String, strategy: Strategy) throws {
        let training = LocalTraining(
            .epochs(6), batchSize: 5, optimizer: LocalOptimizer(learningRate: 0.1))
        let run = try Run.of(
            strategy, certain: true, experiment: .equalRandom, training: training)
        let accuracies = run.rounds.compactMap(\.record.global?.accuracy)
        #expect(accuracies.count == 3)
        #expect((accuracies.last ?? 0) > 0.3, "\(accuracies)")
    }
}
