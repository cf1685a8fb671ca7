import ArgumentParser

/// The algorithms by name.
package enum StrategyName: String, CaseIterable, Codable, ExpressibleByArgument {
    case fedavg, fedsgd, fedprox, scaffold, fednova, fedavgm, fedadagrad, fedadam, fedyogi
}

/// Which federated algorithm, and its settings.
struct StrategyOptions: ParsableArguments {
    @Option(help: "Federated algorithm.")
    var strategy = StrategyName.fedavg

    @Option(help: "μ of FedProx. (default: 0.01)")
    var mu: Float?

    @Option(
        help: ArgumentHelp(
            "η of the server. (default: 1; adaptive 0.01)", valueName: "rate"))
    var serverLearningRate: Double?

    @Option(help: ArgumentHelp("β of FedAvgM. (default: 0.9)", valueName: "beta"))
    var serverMomentum: Double?

    @Option(help: ArgumentHelp("β₁ of adaptive servers. (default: 0.9)", valueName: "beta"))
    var beta1: Double?

    @Option(help: ArgumentHelp("β₂ of FedAdam, FedYogi. (default: 0.99)", valueName: "beta"))
    var beta2: Double?

    @Option(help: "τ of adaptive servers. (default: 0.001)")
    var tau: Double?

    /// Options that only some strategies have, and which.
    static let owners: [String: [StrategyName]] = {
        let adaptive: [StrategyName] = [.fedadagrad, .fedadam, .fedyogi]
        return [
            "mu": [.fedprox],
            "server-learning-rate": [.scaffold, .fednova, .fedavgm] + adaptive,
            "server-momentum": [.fedavgm], "beta1": adaptive, "beta2": [.fedadam, .fedyogi],
            "tau": adaptive,
        ]
    }()

    func validate() throws {
        try belongs(mu != nil, "mu")
        try belongs(serverLearningRate != nil, "server-learning-rate")
        try belongs(serverMomentum != nil, "server-momentum")
        try belongs(beta1 != nil, "beta1")
        try belongs(beta2 != nil, "beta2")
        try belongs(tau != nil, "tau")
        if let mu, !(mu >= 0 && mu.isFinite) {
            throw ValidationError("--mu must be at least 0 and finite, not \(mu)")
        }
        for (value, option) in [
            (serverLearningRate, "--server-learning-rate"), (tau, "--tau"),
        ] {
            if let value, !(value > 0 && value.isFinite) {
                throw ValidationError("\(option) must be above 0 and finite, not \(value)")
            }
        }
        for (value, option) in [
            (serverMomentum, "--server-momentum"), (beta1, "--beta1"), (beta2, "--beta2"),
        ] {
            if let value { try requireMomentum(value, option) }
        }
    }

    /// Enters what is given here.
    func apply(to settings: inout ExperimentSettings) {
        settings.strategy = strategy
        settings.mu = mu
        settings.serverLearningRate = serverLearningRate
        settings.serverMomentum = serverMomentum
        settings.beta1 = beta1
        settings.beta2 = beta2
        settings.tau = tau
    }

    private func belongs(_ isGiven: Bool, _ option: String) throws {
        guard isGiven, let strategies = Self.owners[option], !strategies.contains(strategy) else {
            return
        }
        let names = strategies.map(\.rawValue).joined(separator: ", ")
        throw ValidationError(
            "--\(option) belongs to \(names): the strategy is \(strategy.rawValue)")
    }
}

/// Refuses a decay that is not from 0 to below 1.
func requireMomentum<Number: BinaryFloatingPoint>(_ value: Number, _ option: String) throws {
    guard value >= 0, value < 1 else {
        throw ValidationError("\(option) must be at least 0 and below 1, not \(value)")
    }
}
