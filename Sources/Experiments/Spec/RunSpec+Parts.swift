import Compression
import Datasets
import ExternalRules
import Federation
import NeuralNetworks
import Parameters
import Robust
import Privacy
import Training

/// What a run is made of, by its settings.
extension RunSpec {
    /// The experiment's number as logs and the plain API have it; 0 for a partition.
    public var experimentNumber: Int { partition == nil ? experiment.rawValue : 0 }

    /// How the data are divided, in one line.
    package var division: String {
        partition.map { "\($0) (\($0.summary))" } ?? "\(experiment)"
    }

    /// How clients train.
    public var training: LocalTraining {
        LocalTraining(
            steps.map(LocalTraining.Length.steps) ?? .epochs(epochs ?? Usual.epochs),
            batchSize: batchSize.count,
            optimizer: LocalOptimizer(
                optimizer ?? .sgd, learningRate: learningRate, momentum: momentum,
                nesterov: nesterov ?? false, beta1: adamBeta1 ?? LocalOptimizer.usualBeta1,
                beta2: adamBeta2 ?? LocalOptimizer.usualBeta2,
                epsilon: adamEpsilon ?? LocalOptimizer.usualEpsilon, weightDecay: weightDecay,
                gradientClip: gradientClip),
            learningRateDecay: learningRateDecay, schedule: schedule ?? .constant,
            rounds: rounds, augmentation: augment,
            // Those that drop out do not train, and the others have the time.
            stragglers: dropStragglers == true ? nil : straggling)
    }

    /// Clients without the time for all epochs; nil for none.
    private var straggling: Stragglers? {
        stragglers.flatMap { $0 > 0 ? Stragglers(fraction: $0, seed: seed) : nil }
    }

    /// The algorithm, with its published settings where none are given, and what updates go through on
    /// their way.
    public var federatedStrategy: Strategy {
        var strategy = namedStrategy
        if let weighting { strategy.weighting = weighting.part(batchSize) }
        var way: [any UpdateTransform] = []
        // Which parts of the model they are, only its architecture says.
        if localStatistics == true { way.append(KeptParts([])) }
        if let clipUpdate {
            way.append(ClipUpdate(norm: clipUpdate))
            strategy.weighting = .uniform
        }
        if let compression = compress.flatMap(TopK.init(description:)) { way.append(compression) }
        strategy.transforms = way + strategy.transforms
        return ruleProgram.map { strategy.ruled(by: $0) } ?? strategy
    }

    /// The program of the server rule, which has not been started; nil for none.
    private var ruleProgram: RuleProgram? {
        serverRuleFile.map {
            RuleProgram($0, seconds: serverRuleSeconds ?? RuleProgram.usualSeconds)
        }
    }

    /// The file behind `exec:`; nil for none.
    package var serverRuleFile: String? {
        serverRule.flatMap {
            $0.hasPrefix("exec:") && $0 != "exec:" ? String($0.dropFirst(5)) : nil
        }
    }

    /// The same for a model.
    /// - Throws: `SettingsError.strategy` where the model has no batch normalisation that could stay a client's
    ///   own.
    package func federatedStrategy(
        for architecture: Architecture
    ) throws(SettingsError) -> Strategy {
        var strategy = federatedStrategy
        for (index, transform) in strategy.transforms.enumerated() where transform is KeptParts {
            guard !architecture.localRanges.isEmpty else {
                throw .strategy(
                    "--local-statistics keeps batch normalisations, and the model has none: take "
                        + "another model, or leave it out")
            }
            strategy.transforms[index] = KeptParts(architecture.localRanges)
        }
        if let rule = strategy.server as? ProgramRule {
            strategy.server = ProgramRule(rule.program, layout: architecture.layout)
        }
        return strategy
    }

    private var namedStrategy: Strategy {
        let rate = serverLearningRate ?? Usual.rate
        func adaptive(_ rule: ServerOptimizer.Rule) -> Strategy {
            .adaptive(
                ServerOptimizer(
                    rule, learningRate: serverLearningRate ?? Usual.adaptiveRate,
                    beta1: beta1 ?? (rule == .adagrad ? 0 : Usual.beta1),
                    beta2: beta2 ?? Usual.beta2, tau: tau ?? Usual.tau))
        }
        switch strategy {
        case .fedavg: return .fedAvg
        case .fedsgd: return .fedSGD
        case .fedprox: return .fedProx(mu: mu ?? Usual.mu)
        case .scaffold: return .scaffold(learningRate: rate)
        case .fednova: return .fedNova(learningRate: rate)
        case .fedavgm:
            return .fedAvgM(learningRate: rate, momentum: serverMomentum ?? Usual.momentum)
        case .fedadagrad: return adaptive(.adagrad)
        case .fedadam: return adaptive(.adam)
        case .fedyogi: return adaptive(.yogi)
        case .median: return .median
        }
    }

    /// How many of so many test samples clients' own models are tested on: the part that is said, else a
    /// tenth, but at least 500.
    package func clientTestCount(of count: Int) -> Int {
        let part = clientEvaluationFraction ?? Usual.clientEvaluationFraction
        let least = clientEvaluationFraction == nil ? Usual.leastClientTests : 1
        return min(count, max(least, DecimalShare.ceiling(part, of: count)))
    }

    /// Clients that a round is meant for.
    public var cohortSize: Int { cohort?.resolved(of: clients) ?? clients }

    /// When rounds of a run in one process open and close, and when the run is over.
    public var rules: RoundEngine.Configuration {
        RoundEngine.Configuration(
            population: clients, rounds: rounds, targetAccuracy: targetAccuracy,
            patience: patience, evaluationInterval: evaluateEvery,
            evaluatesClients: !noClientEvaluation, seed: seed, cohortSize: cohortSize,
            overSelection: overSelection ?? 1, minimumClients: minimumClients ?? 1,
            participation: Participation(
                availability: availability ?? 1, dropoutBefore: dropoutBefore ?? 0,
                dropoutAfter: dropoutAfter ?? 0,
                dropped: dropStragglers == true ? straggling : nil),
            dropsDiverging: dropDiverging ?? false)
    }

    /// When rounds of a served run open and close.
    public var servedRules: RoundEngine.Configuration {
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
    /// - Parameter owners: whose the images are, as the data set says; partitions by owners need it.
    public func shards(
        of images: Samples, owners: SampleOwners? = nil
    ) throws -> any ShardSource {
        if let partition {
            return try partition.divide(
                images, owners: owners, among: takesAllOwners ? nil : clients, seed: seed)
        }
        return try ShardSampler(
            labels: images, experiment: experiment, samples: samples, seed: seed,
            fixed: fixedShards)
    }
}
