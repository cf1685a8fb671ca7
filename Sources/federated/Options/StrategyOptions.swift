import ArgumentParser
import Compression

/// The algorithms by name.
package enum StrategyName: String, CaseIterable, Codable, Sendable {
    case fedavg, fedsgd, fedprox, scaffold, fednova, fedavgm, fedadagrad, fedadam, fedyogi, median
}

extension StrategyName: ExpressibleByArgument {
    package init?(argument: String) { self.init(spelled: argument) }
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

    @Option(
        help: ArgumentHelp(
            "β₁ of adaptive servers. (default: 0.9; fedadagrad 0)", valueName: "beta"))
    var beta1: Double?

    @Option(help: ArgumentHelp("β₂ of FedAdam, FedYogi. (default: 0.99)", valueName: "beta"))
    var beta2: Double?

    @Option(help: "τ of adaptive servers. (default: 0.001)")
    var tau: Double?

    @Option(
        help: ArgumentHelp(
            "Clip each client's change to this L2 norm, and weigh all clients alike.",
            valueName: "norm"))
    var clipUpdate: Float?

    @Option(
        help: ArgumentHelp(
            "Send a part of each change, the rest later: topk:FRACTION.", valueName: "how"))
    var compress: String?

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

    /// Enters what is given here.
    func apply(to settings: inout ExperimentSettings) {
        settings.strategy = strategy
        settings.mu = mu
        settings.serverLearningRate = serverLearningRate
        settings.serverMomentum = serverMomentum
        // Said, so that a run of an earlier version, which had 0.9, is another one.
        settings.beta1 = beta1 ?? (strategy == .fedadagrad ? 0 : nil)
        settings.beta2 = beta2
        settings.tau = tau
        settings.clipUpdate = clipUpdate
        // As it is written down: one way for each meaning.
        settings.compress = compress.map { TopK(description: $0)?.description ?? $0 }
    }
}
