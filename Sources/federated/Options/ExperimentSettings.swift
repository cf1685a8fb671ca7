import Compression
import Datasets
import Federation
import NeuralNetworks
import Privacy
import Robust
import Training

/// All that decides what a run computes, but for the data: what its log calls `configuration`.
///
/// Each has the name of its option: `batchSize` is `--batch-size`.
package struct ExperimentSettings: Codable, Hashable, Sendable {
    package var experiment = Experiment.uniform
    /// Divides the data in the experiment's place.
    package var partition: Partition?
    package var clients = 5
    package var rounds = 5
    package var samples = 600
    package var epochs: Double? = 10
    package var steps: Int?
    package var batchSize = BatchSize.samples(8)
    package var learningRate: Float = 0.01
    package var learningRateDecay = 1.0
    package var momentum: Float = 0
    package var weightDecay: Float = 0
    package var gradientClip: Float?
    package var strategy = StrategyName.fedavg
    package var mu: Float?
    package var serverLearningRate: Double?
    package var serverMomentum: Double?
    package var beta1: Double?
    package var beta2: Double?
    package var tau: Double?
    package var clipUpdate: Float?
    package var compress: String?
    package var seed: UInt64 = 1
    package var model = NamedModel.referenceCNN
    package var targetAccuracy: Double?
    package var patience: Int?
    package var evaluateEvery = 1
    package var evaluationFraction = 1.0
    package var noClientEvaluation = false
    package var fixedShards = false
    package var dataset = ""
    package var engine = Engine.fused
    package var cohort: CohortSize?
    package var overSelection: Double?
    package var minimumClients: Int?
    // Of runs in one process.
    package var availability: Double?
    package var dropoutBefore: Double?
    package var dropoutAfter: Double?
    /// Only true or nil, as stores of before have it.
    package var dropDiverging: Bool?
    // Of served runs.
    package var roundDeadline: Double?
    var insecure: Bool?

    package init() {}

    /// The experiment's number as logs and the plain API have it; 0 for a partition.
    package var experimentNumber: Int { partition == nil ? experiment.rawValue : 0 }

    /// How the data are divided, in one line.
    var division: String {
        partition.map { "\($0) (\($0.summary))" } ?? "\(experiment)"
    }

    /// How clients train.
    package var training: LocalTraining {
        LocalTraining(
            steps.map(LocalTraining.Length.steps) ?? .epochs(epochs ?? 10),
            batchSize: batchSize.count,
            optimizer: LocalOptimizer(
                learningRate: learningRate, momentum: momentum, weightDecay: weightDecay,
                gradientClip: gradientClip),
            learningRateDecay: learningRateDecay)
    }

    /// The algorithm, with its published settings where none are given, and what updates go through on
    /// their way.
    package var federatedStrategy: Strategy {
        var strategy = namedStrategy
        var way: [any UpdateTransform] = []
        if let clipUpdate {
            way.append(ClipUpdate(norm: clipUpdate))
            strategy.weighting = .uniform
        }
        if let compression = compress.flatMap(TopK.init(description:)) { way.append(compression) }
        strategy.transforms = way + strategy.transforms
        return strategy
    }

    private var namedStrategy: Strategy {
        func adaptive(_ rule: ServerOptimizer.Rule) -> Strategy {
            .adaptive(
                ServerOptimizer(
                    rule, learningRate: serverLearningRate ?? 0.01, beta1: beta1,
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
        case .median: return .median
        }
    }

    /// Clients that a round is meant for.
    package var cohortSize: Int { cohort?.resolved(of: clients) ?? clients }

    /// When rounds of a run in one process open and close, and when the run is over.
    package var rules: RoundEngine.Configuration {
        RoundEngine.Configuration(
            population: clients, rounds: rounds, targetAccuracy: targetAccuracy,
            patience: patience, evaluationInterval: evaluateEvery,
            evaluatesClients: !noClientEvaluation, seed: seed, cohortSize: cohortSize,
            overSelection: overSelection ?? 1, minimumClients: minimumClients ?? 1,
            participation: Participation(
                availability: availability ?? 1, dropoutBefore: dropoutBefore ?? 0,
                dropoutAfter: dropoutAfter ?? 0), dropsDiverging: dropDiverging ?? false)
    }

    /// When rounds of a served run open and close.
    package var servedRules: RoundEngine.Configuration {
        let size = cohortSize
        let least = minimumClients ?? (roundDeadline == nil ? size : (size + 1) / 2)
        return RoundEngine.Configuration(
            population: clients, rounds: rounds, targetAccuracy: targetAccuracy,
            patience: patience, evaluationInterval: evaluateEvery,
            evaluatesClients: !noClientEvaluation, seed: seed, cohortSize: size,
            overSelection: overSelection ?? 1, minimumClients: min(least, size),
            waitsForClients: true, dropsDiverging: true, roundDeadlineSeconds: roundDeadline)
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
