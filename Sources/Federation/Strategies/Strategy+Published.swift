/// Strategies as they were published, each a value of open parts.
extension Strategy {
    /// Federated averaging: x ← Σ_i n_i / n · y_i, with n = Σ_i n_i over the round's cohort.
    ///
    /// Source: McMahan, Moore, Ramage, Hampson and Agüera y Arcas, "Communication-efficient learning of
    /// deep networks from decentralized data", AISTATS 2017, Algorithm 1.
    public static let fedAvg = Strategy("FedAvg")

    /// Federated SGD: federated averaging of one local step over all of a client's samples, E = 1 and
    /// B = ∞, which the run's local training must say; x ← x − η Σ_i n_i / n · ∇F_i(x).
    ///
    /// Source: as `fedAvg`, section 2.
    public static let fedSGD = Strategy("FedSGD")

    /// FedProx: each client minimises F_i(w) + μ/2 · ‖w − x‖². At μ = 0 it is FedAvg.
    ///
    /// Source: Li, Sahu, Zaheer, Sanjabi, Talwalkar and Smith, "Federated optimization in heterogeneous
    /// networks", MLSys 2020, equation 2.
    /// - Precondition: μ ≥ 0.
    public static func fedProx(mu: Float) -> Strategy {
        Strategy("FedProx", objective: ClientObjective(proximal: mu))
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
        Strategy(
            "SCAFFOLD", objective: ClientObjective(usesControlVariates: true),
            transforms: [ControlVariateUpdate()],
            server: ControlVariateStep(learningRate: learningRate))
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
        Strategy(
            "FedNova", transforms: [NormalizedChange()],
            server: NormalizedStep(learningRate: learningRate))
    }

    /// FedAvgM: v ← β v + (ȳ − x), x ← x + η v. At β = 0 and η = 1 it is FedAvg.
    ///
    /// Source: Hsu, Qi and Brown, "Measuring the effects of non-identical data distribution for
    /// federated visual classification", 2019, section 4.3.
    public static func fedAvgM(learningRate: Double = 1, momentum: Double = 0.9) -> Strategy {
        let optimizer = ServerOptimizer(
            .momentum(momentum), learningRate: learningRate)
        return optimizer.isAverage
            ? Strategy("FedAvgM") : Strategy("FedAvgM", server: optimizer)
    }

    /// FedAdagrad, FedAdam or FedYogi: an adaptive server optimiser.
    ///
    /// Source: see `ServerOptimizer`.
    public static func adaptive(_ optimizer: ServerOptimizer) -> Strategy {
        Strategy(optimizer.name, server: optimizer)
    }
}
