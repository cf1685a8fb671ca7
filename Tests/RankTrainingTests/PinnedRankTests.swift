import Datasets
import Federation
import Foundation
import NeuralNetworks
import PinnedModels
import RankTraining
import TestThreads
import Testing
import ThreadRanks
import Training

@Suite("Runs over ranks, and the bits pinned of one process", .holdsItsThread)
struct PinnedRankTests {
    private typealias Configuration = InProcessFederation.Configuration
    private static let seed: UInt64 = 2026
    private static let model = NamedModel.logisticRegression

    @Test("1, 2 and 3 ranks end in the bits that are pinned")
    func ranks() throws {
        guard CommonArithmetic.isHere else {
            let tests = try CommonArithmetic.run(tests: "RankTrainingTests.PinnedRankTests")
            #expect(tests.status == 0, "\(tests.output)")
            return
        }
        let configurations = try Self.configurations()
        #expect(Set(configurations.keys) == Set(PinnedModel.all(.ranks).map(\.name)))
        for pinned in PinnedModel.all(.ranks) {
            let configuration = try #require(configurations[pinned.name])
            for ranks in 1...3 {
                let run = ThreadCommunicator.run(size: ranks) { communicator in
                    let federation = DistributedFederation(
                        configuration, communicator, progress: RunProgress(),
                        onRound: { _, _ in })
                    let result = federation.run()
                    DistributedFederation.dismiss(communicator)
                    return result
                } serve: { communicator in
                    RankWorker(configuration, communicator).serve()
                }
                let result = PinnedModel.Result(
                    model: SafeTensors.encode(
                        run.model, layout: configuration.architecture.layout,
                        metadata: ["format": "pt", "model": Self.model.rawValue]),
                    rounds: run.rounds.count, outcome: "\(run.outcome)")
                #expect(result == pinned.result, "\(pinned.name), \(ranks) ranks")
            }
        }
    }

    /// What the options of these entries mean, without the command that reads options.
    private static func configurations() throws -> [String: Configuration] {
        let dataset = GeneratedDigits.dataset(threads: 2)
        func rules(
            clients: Int, rounds: Int, evaluationInterval: Int = 1, evaluatesClients: Bool = true,
            cohort: Int, overSelection: Double = 1, minimumClients: Int = 1,
            participation: Participation = Participation()
        ) -> RoundEngine.Configuration {
            RoundEngine.Configuration(
                population: clients, rounds: rounds, evaluationInterval: evaluationInterval,
                evaluatesClients: evaluatesClients, seed: seed, cohortSize: cohort,
                overSelection: overSelection, minimumClients: minimumClients,
                participation: participation)
        }
        func drawn(_ experiment: Experiment) throws -> any ShardSource {
            try ShardSampler(
                labels: dataset.train, experiment: experiment, samples: 30, seed: seed)
        }
        func configuration(
            _ length: LocalTraining.Length, momentum: Float = 0, _ strategy: Strategy = .fedAvg,
            on shards: any ShardSource, _ rules: RoundEngine.Configuration
        ) throws -> Configuration {
            Configuration(
                architecture: try model.architecture(
                    input: .image(height: 28, width: 28, channels: 1)),
                engine: .plain, strategy: strategy,
                training: LocalTraining(
                    length, batchSize: 8,
                    optimizer: LocalOptimizer(learningRate: 0.01, momentum: momentum)),
                shards: shards, trainingImages: dataset.train,
                evaluationSet: EvaluationSet(dataset.test, fraction: 0.02, seed: seed),
                rounds: rules, seed: seed, threads: 2)
        }
        return [
            "digits-2": try configuration(
                .epochs(1), on: drawn(.equalRandom), rules(clients: 3, rounds: 3, cohort: 3)),
            "digits-dirichlet": try configuration(
                .epochs(1.5),
                on: Partition.dirichlet(alpha: 0.5, minimum: 1)
                    .divide(dataset.train, among: 6, seed: seed),
                rules(clients: 6, rounds: 3, cohort: 3)),
            "digits-absence": try configuration(
                .epochs(1), on: drawn(.unequalRandom),
                rules(
                    clients: 9, rounds: 3, evaluatesClients: false, cohort: 4, overSelection: 1.5,
                    minimumClients: 2,
                    participation: Participation(
                        availability: 0.8, dropoutBefore: 0.2, dropoutAfter: 0.2))),
            "digits-fedadam": try configuration(
                .steps(5), momentum: 0.5, .adaptive(ServerOptimizer(.adam, learningRate: 0.01)),
                on: drawn(.equalRandom),
                rules(
                    clients: 8, rounds: 4, evaluationInterval: 2, cohort: 4, minimumClients: 4,
                    participation: Participation(availability: 0.6, dropoutAfter: 0.3))),
        ]
    }
}
