extension Strategy: CustomStringConvertible {
    /// Name and settings: "FedAdam, server rate 0.01, β₁ 0.9, β₂ 0.99, τ 0.001".
    public var description: String {
        var parts = [name]
        if case .proximal(let mu) = clientHalf { parts.append("μ \(mu)") }
        switch serverHalf {
        case .average: break
        case .normalizedAverage(let rate), .controlVariates(let rate):
            if rate != 1 { parts.append("server rate \(rate)") }
        case .optimizer(let optimizer): parts += optimizer.settings
        }
        return parts.joined(separator: ", ")
    }
}

extension ServerOptimizer {
    /// What it was made with, as people read it.
    fileprivate var settings: [String] {
        let rate = "server rate \(learningRate)"
        switch rule {
        case .momentum(let beta): return [rate, "β \(beta)"]
        case .adagrad: return [rate, "β₁ \(beta1)", "τ \(tau)"]
        case .adam, .yogi: return [rate, "β₁ \(beta1)", "β₂ \(beta2)", "τ \(tau)"]
        }
    }
}
