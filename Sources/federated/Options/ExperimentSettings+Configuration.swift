import Federation
import JSON

extension ExperimentSettings {
    /// The settings as logs and stores keep them: those of a partition have no experiment.
    /// - Throws: what `JSONEncoder` throws.
    package func configuration() throws -> JSONValue {
        var members = try JSONValue(encoding: self).members
        if partition != nil { members["experiment"] = nil }
        return .object(members)
    }

    /// The settings in a log or a store. Earlier versions wrote an experiment beside a partition, which
    /// counts for nothing.
    /// - Throws: what `JSONDecoder` throws.
    package init(configuration: JSONValue) throws {
        var members = configuration.members
        if members["experiment"] == nil {
            members["experiment"] = try JSONValue(encoding: ExperimentSettings().experiment)
        }
        self = try JSONValue.object(members).decoded()
    }
}
