import Experiments
import FederationWire
import Platform

extension ClientSetup {
    /// What a client will train, and on what, as names and what they are.
    /// - Parameters:
    ///   - data: where its data came from.
    ///   - cores: how many clients of this machine may train at once.
    package func facts(
        _ settings: RunSettings, client: Int, data: String, cores: Int
    ) -> [(name: String, value: String)] {
        let count = shards.sampleCount(client: client, round: 1)
        return [
            ("client", Text.client(client, of: spec.clients)),
            (spec.partition == nil ? "experiment" : "partition", spec.division),
            ("data", "\(data), \(Text.plural(count, "sample")) in round 1"),
            (
                "model",
                "\(settings.model), \(Text.count(architecture.parameterCount)) parameters, "
                    + "\(spec.engine.rawValue) engine"
            ),
            (
                "training",
                ([
                    "\(Text.plural(spec.rounds, "round")) of \(spec.training.summary)"
                ] + Self.words(settings)).joined(separator: ", ")
            ),
            ("seed", "\(spec.seed)"),
            (
                "threads",
                "1, at most \(Text.plural(cores, "client")) at once on \(Machine.description)"
            ),
        ]
    }

    /// What the strategy adds to a client's training.
    private static func words(_ settings: RunSettings) -> [String] {
        let objective = settings.objective
        return (objective.proximal > 0 ? ["proximal \(objective.proximal)"] : [])
            + (objective.usesControlVariates ? ["control variates"] : []) + settings.transforms
    }
}
