import Tensors

/// A federated algorithm as a value: a client half, which changes what clients train for, and a server
/// half, which makes the next global model of their updates.
///
/// In what follows x is the global model, y_i what client i made of it, n_i its samples, and ȳ the mean
/// Σ n_i y_i / Σ n_i over the round's clients, exact and rounded once.
public struct Strategy: Hashable, Sendable {
    /// What a client minimises.
    public enum ClientHalf: Hashable, Sendable {
        /// Its own mean loss.
        case plain
        /// Its own mean loss + μ/2 · ‖w − x‖².
        case proximal(mu: Float)
        /// Its own mean loss, each step corrected by c − c_i.
        case controlVariates
    }

    /// What the server makes of a round's updates.
    public enum ServerHalf: Hashable, Sendable {
        /// x ← ȳ.
        case average
        /// x ← x + η τ_eff · Σ p_i (y_i − x) / a_i.
        case normalizedAverage(learningRate: Double)
        /// x moves by an optimiser's step along ȳ − x.
        case optimizer(ServerOptimizer)
        /// x ← x + η (ȳ − x), and c as SCAFFOLD has it.
        case controlVariates(learningRate: Double)
    }

    /// As it stands in the log: "FedAvg".
    public let name: String
    public let clientHalf: ClientHalf
    public let serverHalf: ServerHalf

    private init(_ name: String, _ clientHalf: ClientHalf, _ serverHalf: ServerHalf) {
        self.name = name
        self.clientHalf = clientHalf
        self.serverHalf = serverHalf
    }

    /// Federated averaging: x ← Σ_i n_i / n · y_i, with n = Σ_i n_i over the round's cohort.
    ///
    /// Source: McMahan, Moore, Ramage, Hampson and Agüera y Arcas, "Communication-efficient learning of
    /// deep networks from decentralized data", AISTATS 2017, Algorithm 1.
    public static let fedAvg = Strategy("FedAvg", .plain, .average)

    /// Federated SGD: federated averaging of one local step over all of a client's samples, E = 1 and
    /// B = ∞, which the run's local training must say; x ← x − η Σ_i n_i / n · ∇F_i(x).
    ///
    /// Source: as `fedAvg`, section 2.
    public static let fedSGD = Strategy("FedSGD", .plain, .average)

    /// FedProx: each client minimises F_i(w) + μ/2 · ‖w − x‖². At μ = 0 it is FedAvg.
    ///
    /// Source: Li, Sahu, Zaheer, Sanjabi, Talwalkar and Smith, "Federated optimization in heterogeneous
    /// networks", MLSys 2020, equation 2.
    /// - Precondition: μ ≥ 0.
    public static func fedProx(mu: Float) -> Strategy {
        precondition(mu >= 0 && mu.isFinite, "μ must be at least 0, not \(mu)")
        return Strategy("FedProx", mu == 0 ? .plain : .proximal(mu: mu), .average)
    }

    /// SCAFFOLD with option II: clients step by η_l (g + c − c_i); then, after K_i steps,
    /// c_i⁺ = c_i − c + (x − y_i) / (K_i η_l), x ← x + η (ȳ − x) and c ← c + Σ_S (c_i⁺ − c_i) / N.
    ///
    /// Models are weighted by samples, as in all strategies here (the paper has equal ones); control
    /// variates are not. With momentum the correction stays outside it.
    ///
    /// Source: Karimireddy, Kale, Mohri, Reddi, Stich and Suresh, "SCAFFOLD: stochastic controlled
    /// averaging for federated learning", ICML 2020, Algorithm 1 and equation 4.
    /// - Precondition: the learning rate is above 0.
    public static func scaffold(learningRate: Double = 1) -> Strategy {
        precondition(learningRate > 0, "a server's learning rate must be above 0")
        return Strategy("SCAFFOLD", .controlVariates, .controlVariates(learningRate: learningRate))
    }

    /// FedNova: x ← x + η τ_eff Σ_i p_i d_i with d_i = (y_i − x) / a_i, p_i = n_i / n and
    /// τ_eff = Σ_i p_i a_i, so that clients who take more steps do not pull harder.
    ///
    /// For τ local steps a = τ, with momentum ρ it is (τ − ρ (1 − ρ^τ) / (1 − ρ)) / (1 − ρ).
    ///
    /// Source: Wang, Liu, Liang, Joshi and Poor, "Tackling the objective inconsistency problem in
    /// heterogeneous federated optimization", NeurIPS 2020, equations 7 to 9 and section 4.
    /// - Precondition: the learning rate is above 0.
    public static func fedNova(learningRate: Double = 1) -> Strategy {
        precondition(learningRate > 0, "a server's learning rate must be above 0")
        return Strategy("FedNova", .plain, .normalizedAverage(learningRate: learningRate))
    }

    /// FedAvgM: v ← β v + (ȳ − x), x ← x + η v. At β = 0 and η = 1 it is FedAvg.
    ///
    /// Source: Hsu, Qi and Brown, "Measuring the effects of non-identical data distribution for
    /// federated visual classification", 2019, section 4.3.
    public static func fedAvgM(learningRate: Double = 1, momentum: Double = 0.9) -> Strategy {
        let optimizer = ServerOptimizer(
            .momentum(momentum), learningRate: learningRate)
        return Strategy("FedAvgM", .plain, optimizer.isAverage ? .average : .optimizer(optimizer))
    }

    /// FedAdagrad, FedAdam or FedYogi: an adaptive server optimiser.
    ///
    /// Source: see `ServerOptimizer`.
    public static func adaptive(_ optimizer: ServerOptimizer) -> Strategy {
        Strategy(optimizer.name, .plain, .optimizer(optimizer))
    }

    /// Whether clients keep something from round to round.
    public var hasClientState: Bool { clientHalf == .controlVariates }
}

/// How much a client trained, as the server half of some strategies needs to know it.
public struct LocalWork: Hashable, Sendable {
    /// Steps of SGD, τ or K.
    public var steps: Int
    /// η_l, the client's learning rate in that round.
    public var learningRate: Double
    /// ρ, its momentum.
    public var momentum: Double

    /// Work of so many steps.
    public init(steps: Int, learningRate: Double, momentum: Double = 0) {
        self.steps = steps
        self.learningRate = learningRate
        self.momentum = momentum
    }

    /// ‖a‖₁, how far `steps` equal gradients carry, in learning rates.
    ///
    /// Source: Wang et al. 2020 (see `Strategy.fedNova`), section 4.
    package var reach: Double {
        let tau = Double(steps)
        guard momentum > 0 else { return tau }
        var power = 1.0
        for _ in 0..<steps { power *= momentum }
        return (tau - momentum * (1 - power) / (1 - momentum)) / (1 - momentum)
    }
}
