import Datasets
import Federation
import NeuralNetworks
import RankTraining
import Synchronization
import Testing
import ThreadRanks
import Training

/// A federation small enough for a test.
struct Small {
    private static let dataset = GeneratedDigits.dataset(
        seed: 2, trainCount: 1500, testCount: 1300, threads: 2)
    private static let smallDataset = GeneratedDigits.dataset(
        seed: 3, trainCount: 480, testCount: 700, threads: 2)

    var strategy = Strategy.fedAvg
    var participation = Participation()
    var evaluatesClients = true
    var minimumClients = 1
    var dropsDiverging = false
    var rounds = 3
    var learningRate: Float = 0.05
    var threads = 1
    /// Layers of every kind and not one alone, and more images.
    var isDeep = true

    func configuration() throws -> FederationConfiguration {
        let architecture = try Architecture(
            input: .image(height: 28, width: 28, channels: 1),
            isDeep
                ? [
                    .convolution(filters: 4, kernel: 5, strides: 2, activation: .relu),
                    .maxPooling(2), .dropout(0.25), .flatten, .dense(10),
                ] : [.flatten, .dense(10)])
        let dataset = isDeep ? Self.dataset : Self.smallDataset
        let isGradientDescent = strategy.name == Strategy.fedSGD.name
        return FederationConfiguration(
            architecture: architecture, strategy: strategy,
            training: LocalTraining(
                .epochs(isDeep || isGradientDescent ? 1 : 1.5),
                batchSize: isGradientDescent ? nil : 16,
                optimizer: LocalOptimizer(
                    learningRate: learningRate, momentum: isDeep ? 0 : 0.5),
                learningRateDecay: isDeep ? 1 : 0.9),
            shards: try Partition.dirichlet(alpha: 0.3, minimum: isDeep ? 10 : 1)
                .divide(dataset.train, among: 8, seed: 5),
            trainingImages: dataset.train, evaluationSet: EvaluationSet(dataset.test),
            clientTestCount: isDeep ? 600 : nil,
            rounds: RoundEngine.Configuration(
                population: 8, rounds: rounds, evaluatesClients: evaluatesClients, seed: 5,
                cohortSize: 6, minimumClients: minimumClients, participation: participation,
                dropsDiverging: dropsDiverging),
            seed: 5, threads: threads)
    }
}

/// A run, and what was known after each of its rounds.
struct Run {
    var result: RunResult
    var states: [FederationState]
    var idle: [Double] = []

    /// The rounds after which it has a state, and the last of these.
    func resumable(after count: Int) -> (rounds: [CommittedRound], state: FederationState?) {
        (Array(result.rounds.prefix(count)), count == 0 ? nil : states[count - 1])
    }

    /// A run in one process.
    static func alone(_ configuration: FederationConfiguration) -> Run {
        let states = States()
        let result = InProcessFederation(configuration, onRound: states.note).run()
        return Run(result: result, states: states.all)
    }

    /// A run on ranks that are threads.
    static func shared(
        _ configuration: FederationConfiguration, ranks: Int,
        after earlier: (rounds: [CommittedRound], state: FederationState?) = ([], nil),
        wrapping: @escaping @Sendable (ThreadCommunicator) -> any Communicator = { $0 },
        onRound: @escaping @Sendable (CommittedRound) throws -> Void = { _ in }
    ) -> Run {
        let states = States()
        return ThreadCommunicator.run(size: ranks) { communicator in
            let federation = DistributedFederation(
                configuration, wrapping(communicator), progress: RunProgress(),
                resuming: earlier.rounds, state: earlier.state,
                onRound: {
                    try onRound($0)
                    states.note($0, $1)
                })
            let result = federation.run()
            DistributedFederation.dismiss(communicator)
            return Run(result: result, states: states.all, idle: federation.idleShares)
        } serve: { communicator in
            RankWorker(configuration, communicator).serve()
        }
    }
}

/// What is known after each round.
private final class States: Sendable {
    private let states = Mutex<[FederationState]>([])

    var all: [FederationState] { states.withLock { $0 } }

    func note(_ round: CommittedRound, _ state: FederationState) {
        states.withLock { $0.append(state) }
    }
}

/// Expects the same bits of all that is known, and the same records.
/// - Parameter missing: how many rounds `a` went on after.
func expectSame(_ a: Run, _ b: Run, after missing: Int = 0, _ note: Comment) {
    #expect(a.result.outcome == b.result.outcome, note)
    #expect(a.result.model == b.result.model, note)
    #expect(a.states == Array(b.states.dropFirst(missing)), note)
    let (found, expected) = (a.result.rounds, b.result.rounds)
    #expect(found.map(\.record) == expected.map(\.record), note)
    #expect(found.map(\.classCounts) == expected.map(\.classCounts), note)
    #expect(found.map(\.metrics) == expected.map(\.metrics), note)
    #expect(found.last?.classes == expected.last?.classes, note)
}
