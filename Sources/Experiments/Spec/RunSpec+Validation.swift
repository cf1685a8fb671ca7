import Compression
import Datasets

/// What every way in goes through: command line, spec file, sweep, `--resume`, `/initialize`, ranks and
/// library.
extension RunSpec {
    /// Clients that one command connects to its own server.
    package static let loopbackLimit = 8192

    /// This spec, if a run can have it, with each setting as it is written down.
    ///
    /// What only the data can tell, `ExperimentRun` checks.
    /// - Parameters:
    ///   - execution: where its clients are trained.
    ///   - classCount: classes of the data; nil where they are not there yet: MNIST and digits have ten,
    ///     and others as many as it takes.
    /// - Throws: `SettingsError`: the first setting, in the order of the table, that is out of its bounds
    ///   or belongs to another run, or else the first of those below that contradict each other.
    public func validated(
        for execution: Execution = .memory, classCount: Int? = nil
    ) throws(SettingsError) -> RunSpec {
        for setting in Self.settings { try setting.check(self, for: execution) }
        try checkPopulation(classCount)
        try checkStrategy()
        if noClientEvaluation, clientEvaluationFraction != nil {
            throw .exclusive("--no-client-evaluation", "--client-evaluation-fraction")
        }
        if execution == .loopback(.json), federatedStrategy.objective.usesControlVariates {
            throw .modelsAlone(strategy: strategy)
        }
        if execution == .loopback(.json), localStatistics == true {
            throw .strategy(
                "--transport json carries models alone, and with --local-statistics clients begin "
                    + "with parts of their own: take --transport http")
        }
        if case .loopback(let transport) = execution, clients > Self.loopbackLimit {
            throw .tooManyConnections(
                transport: transport, clients: clients, limit: Self.loopbackLimit)
        }
        if !takesAllOwners, let problem = (execution == .served ? servedRules : rules).problem {
            throw .rules(problem)
        }
        return try said()
    }

    /// With one way of writing for each meaning, and what a strategy leaves no choice of.
    private func said() throws(SettingsError) -> RunSpec {
        var spec = self
        spec.epochs = steps == nil ? epochs ?? Usual.epochs : nil
        if strategy == .fedsgd {
            if spec.epochs == Usual.epochs { spec.epochs = 1 }
            if batchSize == .samples(Usual.batch) { spec.batchSize = .all }
            guard (spec.epochs ?? 1, steps ?? 1) == (1, 1), spec.batchSize == .all else {
                throw .oneStep
            }
        }
        if partition != nil { spec.experiment = RunSpec().experiment }
        if dropDiverging == false { spec.dropDiverging = nil }
        if schedule == .constant { spec.schedule = nil }
        if optimizer == .sgd { spec.optimizer = nil }
        if nesterov == false { spec.nesterov = nil }
        if stragglers == 0 { spec.stragglers = nil }
        if dropStragglers == false { spec.dropStragglers = nil }
        if insecure == false { spec.insecure = nil }
        if transpose == false { spec.transpose = nil }
        if scaling == .unit { spec.scaling = nil }
        if localStatistics == false { spec.localStatistics = nil }
        if labelSmoothing == 0 { spec.labelSmoothing = nil }
        if weighting == .samples || clipUpdate != nil { spec.weighting = nil }
        // What a log says is another run than that of a version which had 0.9 and did not say it.
        if strategy == .fedadagrad { spec.beta1 = beta1 ?? 0 }
        spec.compress = compress.map { TopK(description: $0)?.description ?? $0 }
        return spec
    }

    /// The classes of data that have ten by their name, or by none; nil where only the data can tell.
    package static func classCount(ofDataset name: String) -> Int? {
        ["", "mnist", "digits"].contains(name.lowercased()) ? Dataset.usualClassCount : nil
    }

    private func checkPopulation(_ classCount: Int?) throws(SettingsError) {
        switch cohort {
        case .count(let count) where count > clients && !takesAllOwners:
            throw .cohortBeyondClients(cohort: count, clients: clients)
        case .fraction(let part) where !(part >= 0 && part <= 1):
            throw .outOfRange(
                option: "--cohort", expected: "a number, or a fraction to 1.0", found: "\(part)")
        default: break
        }
        if let minimumClients, minimumClients > cohortSize, !takesAllOwners {
            throw .minimumBeyondCohort(minimum: minimumClients, cohort: cohortSize)
        }
        if let partition {
            if fixedShards { throw .fixedPartition }
            do throws(PartitionError) {
                try partition.check(
                    classCount: classCount ?? Self.classCount(ofDataset: dataset)
                        ?? Samples.classLimit)
            } catch {
                throw .partition(error)
            }
            return
        }
        let allowed = experiment.allowedSamples(
            classCount: classCount ?? Self.classCount(ofDataset: dataset) ?? 1)
        guard allowed.contains(samples) else {
            throw .samples(
                .samplesOutOfRange(experiment: experiment, samples: samples, allowed: allowed))
        }
    }

    private func checkStrategy() throws(SettingsError) {
        if let compress, TopK(description: compress) == nil {
            throw .outOfRange(
                option: "--compress",
                expected: "topk:FRACTION, the fraction above 0 and at most 1", found: compress)
        }
        if let serverRule, serverRuleFile == nil {
            throw .outOfRange(
                option: "--server-rule", expected: "exec:FILE, a program", found: "“\(serverRule)”")
        }
        if clipUpdate != nil, let weighting, weighting != .equal {
            throw .exclusive("--clip-update", "--weighting \(weighting)")
        }
        if let problem = federatedStrategy.problem { throw .strategy(problem) }
        try checkTraining()
        if let loss, loss != .softmaxCrossEntropy, let labelSmoothing, labelSmoothing > 0 {
            throw .loss(.smoothing(labelSmoothing, of: loss))
        }
    }

    private func checkTraining() throws(SettingsError) {
        if let problem = training.problem(with: federatedStrategy) { throw .strategy(problem) }
        guard let stragglers, stragglers > 0 else { return }
        if steps != nil { throw .exclusive("--stragglers", "--steps") }
        if dropStragglers == true, stragglers == 1 { throw .allDropped }
    }
}

extension Setting {
    /// Refuses a value that is out of bounds, or that the rest of the run leaves without a meaning.
    func check(_ spec: RunSpec, for execution: Execution) throws(SettingsError) {
        let value = read(spec)
        // What is not there, or not said, is right.
        guard value != .null, value != .bool(false) else { return }
        if !needs.strategies.isEmpty, !needs.strategies.contains(spec.strategy) {
            throw .wrongStrategy(
                option: option, owners: needs.strategies, strategy: spec.strategy)
        }
        // What has a default is said of no run that leaves it there.
        let optimizer = spec.optimizer ?? .sgd
        if !needs.optimizers.isEmpty, !needs.optimizers.contains(optimizer), value != standard {
            throw .wrongOptimizer(option: option, owners: needs.optimizers, optimizer: optimizer)
        }
        if let name = needs.other, let other = RunSpec.setting(named: name) {
            let found = other.read(spec)
            if found == other.standard || found == 0 {
                throw .alone(option: option, without: other.option)
            }
        }
        switch needs.clients {
        case .simulated where execution.hasRealClients:
            throw .chanceForRealClients(option: option, where: execution)
        case .joining where execution != .served: throw .servedAlone(option: option)
        default: break
        }
        if name == "clients", spec.takesAllOwners { return }
        switch (value, bounds) {
        case (.integer(let count), .count): try Bounds.require(count: count, option)
        // A batch of all, and a cohort that is a fraction.
        case (_, nil), (_, .count): break
        case (_, let bounds?): try bounds.require(value.double, option)
        }
    }
}
