import Federation
import JSON

extension RunSpec {
    /// The settings as logs and stores keep them: those of a partition have no experiment.
    /// - Throws: what `JSONEncoder` throws.
    public func configuration() throws -> JSONValue {
        var members = try JSONValue(encoding: self).members
        if partition != nil { members["experiment"] = nil }
        return .object(members)
    }

    /// The settings in a log or a store.
    ///
    /// Earlier versions wrote an experiment beside a partition, which counts for nothing, and did not
    /// write the β₁ of 0.9 that their FedAdagrad had.
    /// - Throws: what `JSONDecoder` throws.
    public init(configuration: JSONValue) throws {
        var members = configuration.members.withSettingsSpelled
        if members["experiment"] == nil { members["experiment"] = RunSpec().experiment.json }
        self = try JSONValue.object(members).decoded()
        if strategy == .fedadagrad { beta1 = beta1 ?? 0.9 }
    }

    /// The settings of a log; nil where it has none of this version's, or such as no run can have.
    public init?(logged log: RunLog) {
        guard log.configuration != [:],
            let spec = try? RunSpec(configuration: log.configuration)
        else { return nil }
        let isServed = spec.roundDeadline != nil || spec.insecure != nil
        guard let sound = try? spec.validated(for: isServed ? .served : .memory) else { return nil }
        self = sound
    }
}
