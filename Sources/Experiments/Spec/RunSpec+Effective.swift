import JSON

extension RunSpec {
    /// What a setting comes to, its default where nothing is said; null where it means nothing to this run,
    /// and where only the data tell.
    package func effective(_ setting: Setting) -> JSONValue {
        if setting.name == "experiment", partition != nil { return .null }
        let value = setting.value(of: self)
        guard value == .null, isMet(setting.needs) else { return value }
        if setting.kind == .flag { return false }
        let isAdaptive = [.fedadagrad, .fedadam, .fedyogi].contains(strategy)
        switch setting.name {
        case "cohort": return .integer(cohortSize)
        case "server_learning_rate": return (isAdaptive ? Usual.adaptiveRate : Usual.rate).json
        case "weighting" where clipUpdate != nil: return ClientWeighting.equal.json
        case "beta1": return (strategy == .fedadagrad ? 0 : Usual.beta1).json
        // One of the two says how long a client trains.
        case "epochs", "steps", "dataset": return .null
        // A default in one word is a value.
        default:
            let usual = setting.usual.flatMap { $0.contains(" ") ? nil : $0 }
            return usual.flatMap { setting.meaning(of: $0) } ?? .null
        }
    }

    private func isMet(_ needs: Setting.Needs) -> Bool {
        if !needs.strategies.isEmpty, !needs.strategies.contains(strategy) { return false }
        if !needs.optimizers.isEmpty, !needs.optimizers.contains(optimizer ?? .sgd) { return false }
        guard let other = needs.other.flatMap({ Self.setting(named: $0) }) else { return true }
        let value = other.value(of: self)
        return value != other.standard && value != 0
    }
}
