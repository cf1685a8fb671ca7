import Datasets
import Federation
import NeuralNetworks
import Parameters
import TestThreads
import Testing
import Training

@Suite("Clients that train fewer epochs", .holdsItsThread)
struct StragglerTests {
    private static let stragglers = Stragglers(fraction: 0.5, seed: 7)
    private static let training = LocalTraining(
        .epochs(4), batchSize: 8, optimizer: LocalOptimizer(learningRate: 0.05), rounds: 3,
        stragglers: stragglers)

    @Test("Steps, images and work of a client agree with what it trains")
    func lengths() throws {
        let dataset = GeneratedDigits.dataset(seed: 5, trainCount: 60, testCount: 10, threads: 1)
        let architecture = try Architecture(
            input: .image(height: 28, width: 28, channels: 1), [.flatten, .dense(10)])
        let plan = Plan(architecture, batchSize: 8, purpose: .training)
        let global = architecture.initialParameters(seed: 4)
        func train(_ training: LocalTraining, client: Int) throws -> (LocalResult, images: Int) {
            var images = 0
            let result = try plan.trainLocally(
                training, objective: .plain, from: global, on: dataset.train,
                shard: Array(10..<40), seed: 7, client: client, round: 2,
                progress: { images += $0 })
            return (result, images)
        }
        var seen = Set<Int>()
        for client in 0..<40 {
            let epochs = Int(Self.stragglers.epochs(of: 4, client: client, round: 2))
            seen.insert(epochs)
            let training = Self.training
            #expect(training.steps(samples: 30, client: client, round: 2) == epochs * 4)
            #expect(training.imageCount(samples: 30, client: client, round: 2) == epochs * 30)
            #expect(training.work(samples: 30, client: client, round: 2).steps == epochs * 4)
            let (result, images) = try train(training, client: client)
            #expect(result.imageCount == epochs * 30 && images == epochs * 30)
            // It is what a client does that is told to train so long.
            var plain = LocalTraining(
                .epochs(Double(epochs)), batchSize: 8, optimizer: training.optimizer)
            plain.rounds = 3
            #expect(try train(plain, client: client).0.parameters == result.parameters)
        }
        #expect(seen == [1, 2, 3, 4])
        // What they might train at most is what a machine is asked for.
        #expect(Self.training.imageCount(samples: 30) == 120)
        // Of steps, nobody does fewer.
        var steps = Self.training
        steps.length = .steps(9)
        #expect((0..<40).allSatisfy { steps.steps(samples: 30, client: $0, round: 2) == 9 })
    }

    @Test("A federation trains as many images as it says, with any number of threads")
    func federation() throws {
        let dataset = GeneratedDigits.dataset(seed: 5, trainCount: 200, testCount: 20, threads: 1)
        func run(
            threads: Int, _ participation: Participation = Participation(),
            _ training: LocalTraining = Self.training
        ) throws -> (RunResult, RunProgress.Snapshot, expected: Int) {
            let configuration = FederationConfiguration(
                architecture: try Architecture(
                    input: .image(height: 28, width: 28, channels: 1), [.flatten, .dense(10)]),
                strategy: .fedNova(), training: training,
                shards: try Partition.iid.divide(dataset.train, among: 10, seed: 1),
                trainingImages: dataset.train, evaluationSet: EvaluationSet(dataset.test),
                rounds: RoundEngine.Configuration(
                    population: 10, rounds: 3, evaluatesClients: false, seed: 7,
                    participation: participation),
                seed: 7, threads: threads)
            let federation = InProcessFederation(configuration)
            let result = federation.run()
            let expected = result.rounds.reduce(0) { sum, round in
                round.record.clients.filter { $0.failure == nil }.reduce(sum) {
                    $0
                        + training.imageCount(
                            samples: 20, client: $1.client, round: round.record.round)
                }
            }
            return (result, federation.progress.snapshot, expected)
        }
        let (one, progress, expected) = try run(threads: 1)
        #expect(progress.imagesTrained == expected)
        #expect(expected < 3 * 200 * 4)
        #expect(try run(threads: 3).0.model == one.model)
        var whole = Self.training
        whole.stragglers = nil
        let (all, allProgress, _) = try run(threads: 1, Participation(), whole)
        #expect(allProgress.imagesTrained == 3 * 200 * 4)
        #expect(all.model != one.model)
        // Those that drop out are the stragglers; the others train all their epochs.
        let (dropped, droppedProgress, _) = try run(
            threads: 1, Participation(dropped: Self.stragglers), whole)
        for round in dropped.rounds {
            for client in round.record.clients {
                #expect(
                    (client.failure != nil)
                        == Self.stragglers.contains(client.client, round: round.record.round))
            }
        }
        let trained = dropped.rounds.flatMap(\.record.clients).count { $0.failure == nil }
        #expect(droppedProgress.imagesTrained == trained * 20 * 4)
    }

    @Test("What SCAFFOLD and FedNova say of a client's work rests on SGD")
    func strategies() {
        func problem(_ optimizer: LocalOptimizer, _ strategy: Strategy) -> String? {
            LocalTraining(optimizer: optimizer).problem(with: strategy)
        }
        let adam = LocalOptimizer(.adamw, learningRate: 0.01)
        let nesterov = LocalOptimizer(learningRate: 0.01, momentum: 0.9, nesterov: true)
        #expect(
            problem(adam, .scaffold())
                == "SCAFFOLD takes a client's change for its gradients, as sgd makes it, and the "
                + "optimizer is adamw: take sgd, or another strategy")
        #expect(
            problem(adam, .fedNova())
                == "FedNova divides a client's change by how far sgd's steps carry, and the "
                + "optimizer is adamw: take sgd, or another strategy")
        #expect(
            problem(nesterov, .fedNova())
                == "FedNova divides a client's change by how far steps with plain momentum carry: "
                + "leave nesterov out, or take another strategy")
        for optimizer in [adam, nesterov, LocalOptimizer(learningRate: 0.01)] {
            #expect(problem(optimizer, .fedAvg) == nil)
            #expect(problem(optimizer, .fedProx(mu: 1)) == nil)
        }
        #expect(problem(nesterov, .scaffold()) == nil)
        #expect(problem(LocalOptimizer(learningRate: 0.01), .scaffold()) == nil)
    }
}
