import Compression
import Datasets
import Federation

/// What every way in goes through: command line, sweep, `--resume`, `/initialize` and ranks.
extension ExperimentSettings {
    /// The largest count there is: random streams and messages number clients and rounds in 32 bits.
    package static let countLimit = RoundEngine.Configuration.countLimit
    /// Clients that one command connects to its own server.
    package static let loopbackLimit = 8192

    /// These settings, if a run can have them.
    ///
    /// What only the data can tell, `ExperimentRun` checks.
    /// - Throws: `SettingsError`, the first of those in the order below.
    package func validated(for execution: Execution = .memory) throws(SettingsError)
        -> ExperimentSettings
    {
        try checkCounts()
        try checkTraining()
        try checkStrategy()
        try checkTests()
        try checkParticipation(execution)
        try checkDivision()
        if execution == .loopback(.json), federatedStrategy.objective.usesControlVariates {
            throw .modelsAlone(strategy: strategy.rawValue)
        }
        if case .loopback(let transport) = execution, clients > Self.loopbackLimit {
            throw .tooManyConnections(
                transport: transport.rawValue, clients: clients, limit: Self.loopbackLimit)
        }
        if let problem = (execution == .served ? servedRules : rules).problem {
            throw .rules(problem)
        }
        return self
    }

    private func checkCounts() throws(SettingsError) {
        try Self.require(clients, "--clients")
        try Self.require(rounds, "--rounds")
        try Self.require(samples, "--samples")
        try Self.require(evaluateEvery, "--evaluate-every")
        try Self.require(patience, "--patience")
        try Self.require(steps, "--steps")
        try Self.require(batchSize.count, "--batch-size")
        try Self.require(minimumClients, "--minimum-clients")
        if case .count(let count) = cohort { try Self.require(count, "--cohort") }
    }

    private func checkTraining() throws(SettingsError) {
        if let epochs, !(epochs > 0 && epochs <= 1e6) {
            throw .outOfRange(
                option: "--epochs", expected: "above 0 and at most 1e6", found: Self.text(epochs))
        }
        try Self.requirePositive(learningRate, "--learning-rate")
        try Self.requirePart(learningRateDecay, "--learning-rate-decay")
        try Self.requireDecay(momentum, "--momentum")
        try Self.requireNonNegative(weightDecay, "--weight-decay")
        try Self.requirePositive(gradientClip, "--gradient-clip")
    }

    private func checkStrategy() throws(SettingsError) {
        let given: [(String, Bool)] = [
            ("mu", mu != nil), ("server-learning-rate", serverLearningRate != nil),
            ("server-momentum", serverMomentum != nil), ("beta1", beta1 != nil),
            ("beta2", beta2 != nil), ("tau", tau != nil),
        ]
        for (option, isGiven) in given where isGiven {
            guard let owners = StrategyOptions.owners[option], !owners.contains(strategy) else {
                continue
            }
            throw .wrongStrategy(
                option: "--\(option)", owners: owners.map(\.rawValue), strategy: strategy.rawValue)
        }
        try Self.requireNonNegative(mu, "--mu")
        try Self.requirePositive(serverLearningRate, "--server-learning-rate")
        try Self.requirePositive(tau, "--tau")
        try Self.requireDecay(serverMomentum, "--server-momentum")
        try Self.requireDecay(beta1, "--beta1")
        try Self.requireDecay(beta2, "--beta2")
        try Self.requirePositive(clipUpdate, "--clip-update")
        if let compress, TopK(description: compress) == nil {
            throw .outOfRange(
                option: "--compress",
                expected: "topk:FRACTION, the fraction above 0 and at most 1", found: compress)
        }
        if let problem = federatedStrategy.problem { throw .strategy(problem) }
    }

    private func checkTests() throws(SettingsError) {
        try Self.requirePart(targetAccuracy, "--target-accuracy")
        try Self.requirePart(evaluationFraction, "--evaluation-fraction")
    }

    private func checkParticipation(_ execution: Execution) throws(SettingsError) {
        if let overSelection, !(overSelection >= 1 && overSelection <= 100) {
            throw .outOfRange(
                option: "--over-selection", expected: "1 to 100", found: "\(overSelection)")
        }
        switch cohort {
        case .count(let count) where count > clients:
            throw .cohortBeyondClients(cohort: count, clients: clients)
        case .fraction(let part) where !(part >= 0 && part <= 1):
            throw .outOfRange(
                option: "--cohort", expected: "a number, or a fraction to 1.0", found: "\(part)")
        default: break
        }
        if let minimumClients, minimumClients > cohortSize {
            throw .minimumBeyondCohort(minimum: minimumClients, cohort: cohortSize)
        }
        try Self.requirePart(availability, "--availability")
        try Self.requireDecay(dropoutBefore, "--dropout-before")
        try Self.requireDecay(dropoutAfter, "--dropout-after")
        if case .loopback(let transport) = execution,
            [availability, dropoutBefore, dropoutAfter].contains(where: { $0 != nil })
                || dropDiverging == true
        {
            throw .chanceForRealClients(transport: transport.rawValue)
        }
        if let roundDeadline, !(roundDeadline > 0 && roundDeadline <= 1e9) {
            throw .outOfRange(
                option: "--round-deadline", expected: "above 0 and at most 1e9 seconds",
                found: "\(roundDeadline)")
        }
    }

    private func checkDivision() throws(SettingsError) {
        if let partition {
            if fixedShards { throw .fixedPartition }
            do {
                try partition.check()
            } catch {
                throw .partition(error)
            }
        } else if !experiment.allowedSamples.contains(samples) {
            throw .samples(
                .samplesOutOfRange(
                    experiment: experiment, samples: samples, allowed: experiment.allowedSamples))
        }
    }
}

/// What single values may be; nil, for what is not given, is always right.
extension ExperimentSettings {
    /// A count of at least 1.
    static func require(_ value: Int?, _ option: String) throws(SettingsError) {
        guard let value else { return }
        guard value >= 1 else { throw .notPositive(option: option, value: value) }
        guard value <= countLimit else {
            throw .tooLarge(option: option, value: value, limit: countLimit)
        }
    }

    /// Above 0 and finite.
    static func requirePositive(
        _ value: (some BinaryFloatingPoint)?, _ option: String
    ) throws(SettingsError) {
        guard let value, !(value > 0 && value.isFinite) else { return }
        throw .outOfRange(option: option, expected: "above 0 and finite", found: "\(value)")
    }

    /// At least 0 and finite.
    static func requireNonNegative(
        _ value: (some BinaryFloatingPoint)?, _ option: String
    ) throws(SettingsError) {
        guard let value, !(value >= 0 && value.isFinite) else { return }
        throw .outOfRange(option: option, expected: "at least 0 and finite", found: "\(value)")
    }

    /// From 0 to below 1.
    static func requireDecay(
        _ value: (some BinaryFloatingPoint)?, _ option: String
    ) throws(SettingsError) {
        guard let value, !(value >= 0 && value < 1) else { return }
        throw .outOfRange(option: option, expected: "at least 0 and below 1", found: "\(value)")
    }

    /// Above 0 and at most 1.
    static func requirePart(
        _ value: (some BinaryFloatingPoint)?, _ option: String
    ) throws(SettingsError) {
        guard let value, !(value > 0 && value <= 1) else { return }
        throw .outOfRange(option: option, expected: "above 0 and at most 1", found: "\(value)")
    }

    private static func text(_ value: Double) -> String {
        Int(exactly: value).flatMap { abs($0) < 1_000_000_000_000_000 ? "\($0)" : nil }
            ?? "\(value)"
    }
}

extension Execution {
    /// What does not carry a client's state.
    fileprivate var words: String {
        switch self {
        case .memory: "memory"
        case .loopback(let transport): "--transport \(transport.rawValue)"
        case .ranks: "MPI"
        case .served: "a server"
        }
    }
}
