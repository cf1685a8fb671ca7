import Datasets
import Federation
import LocalTraining
import NeuralNetworks
import Tensors

/// All that decides what a run computes, but for the data: what its log calls `configuration`.
///
/// Each has the name of its option: `batchSize` is `--batch-size`.
struct ExperimentSettings: Codable, Hashable, Sendable {
    var experiment = Experiment.uniform
    /// Divides the data in the experiment's place.
    var partition: Partition?
    var clients = 5
    var rounds = 5
    var samples = 600
    var epochs: Double? = 10
    var steps: Int?
    var batchSize = BatchSize.samples(8)
    var learningRate: Float = 0.01
    var learningRateDecay = 1.0
    var momentum: Float = 0
    var weightDecay: Float = 0
    var gradientClip: Float?
    var strategy = StrategyName.fedavg
    var mu: Float?
    var serverLearningRate: Double?
    var serverMomentum: Double?
    var beta1: Double?
    var beta2: Double?
    var tau: Double?
    var seed: UInt64 = 1
    var model = NamedModel.referenceCNN
    var targetAccuracy: Double?
    var patience: Int?
    var evaluateEvery = 1
    var evaluationFraction = 1.0
    var noClientEvaluation = false
    var fixedShards = false
    var dataset = ""
    var engine = Engine.fused
    var cohort: CohortSize?
    var overSelection: Double?
    var minimumClients: Int?
    // Of runs in one process.
    var availability: Double?
    var dropoutBefore: Double?
    var dropoutAfter: Double?
    // Of served runs.
    var roundDeadline: Double?
    var insecure: Bool?

    /// The experiment's number as logs and the plain API have it; 0 for a partition.
    var experimentNumber: Int { partition == nil ? experiment.rawValue : 0 }

    /// How the data are divided, in one line.
    var division: String {
        partition.map { "\($0) (\($0.summary))" } ?? "\(experiment)"
    }

    /// How clients train.
    var training: LocalTraining {
        LocalTraining(
            steps.map(LocalTraining.Length.steps) ?? .epochs(epochs ?? 10),
            batchSize: batchSize.count,
            optimizer: LocalOptimizer(
                learningRate: learningRate, momentum: momentum, weightDecay: weightDecay,
                proximal: federatedStrategy.proximalMu, gradientClip: gradientClip),
            learningRateDecay: learningRateDecay)
    }

    /// The algorithm, with its published settings where none are given.
    var federatedStrategy: Strategy {
        func adaptive(_ rule: ServerOptimizer.Rule) -> Strategy {
            .adaptive(
                ServerOptimizer(
                    rule, learningRate: serverLearningRate ?? 0.01, beta1: beta1 ?? 0.9,
                    beta2: beta2 ?? 0.99, tau: tau ?? 1e-3))
        }
        switch strategy {
        case .fedavg: return .fedAvg
        case .fedsgd: return .fedSGD
        case .fedprox: return .fedProx(mu: mu ?? 0.01)
        case .scaffold: return .scaffold(learningRate: serverLearningRate ?? 1)
        case .fednova: return .fedNova(learningRate: serverLearningRate ?? 1)
        case .fedavgm:
            return .fedAvgM(learningRate: serverLearningRate ?? 1, momentum: serverMomentum ?? 0.9)
        case .fedadagrad: return adaptive(.adagrad)
        case .fedadam: return adaptive(.adam)
        case .fedyogi: return adaptive(.yogi)
        }
    }

    /// Clients that a round is meant for.
    var cohortSize: Int { cohort?.resolved(of: clients) ?? clients }

    /// When rounds of a run in one process open and close, and when the run is over.
    var rules: RoundEngine.Configuration {
        RoundEngine.Configuration(
            population: clients, rounds: rounds, targetAccuracy: targetAccuracy,
            patience: patience, evaluationInterval: evaluateEvery,
            evaluatesClients: !noClientEvaluation, seed: seed, cohortSize: cohortSize,
            overSelection: overSelection ?? 1, minimumClients: minimumClients ?? 1,
            participation: Participation(
                availability: availability ?? 1, dropoutBefore: dropoutBefore ?? 0,
                dropoutAfter: dropoutAfter ?? 0))
    }

    /// When rounds of a served run open and close.
    var servedRules: RoundEngine.Configuration {
        let size = cohortSize
        let least = minimumClients ?? (roundDeadline == nil ? size : (size + 1) / 2)
        return RoundEngine.Configuration(
            population: clients, rounds: rounds, targetAccuracy: targetAccuracy,
            patience: patience, evaluationInterval: evaluateEvery,
            evaluatesClients: !noClientEvaluation, seed: seed, cohortSize: size,
            overSelection: overSelection ?? 1, minimumClients: min(least, size),
            waitsForClients: true, roundDeadlineSeconds: roundDeadline)
    }

    /// The clients' shards of these images.
    /// - Throws: `DatasetError`, `PartitionError`.
    func shards(of images: LabelledImages) throws -> ShardSource {
        if let partition {
            return .divided(try partition.divide(images, among: clients, seed: seed))
        }
        return .drawn(
            try ShardSampler(
                labels: images, experiment: experiment, samples: samples, seed: seed,
                fixed: fixedShards))
    }
}
