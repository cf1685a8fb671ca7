import Experiments
import Platform

extension LocalTrainee {
    /// What the node has, as names and what they are.
    /// - Parameter data: where its data came from.
    package func facts(_ part: FlowerPart, data: String) -> [(name: String, value: String)] {
        [
            ("client", Text.client(part.part, of: shards.clientCount)),
            ("partition", part.division),
            ("data", "\(data), \(Text.plural(sampleCount, "sample"))"),
            ("tests", "\(Text.count(tests.indices.count)) of \(Text.count(tests.images.count))"),
            (
                "model",
                "\(part.model.name), \(Text.count(architecture.parameterCount)) parameters in "
                    + "\(Text.plural(layout.entries.count, "array"))"
            ),
            ("training", "\(training.summary), unless the ServerApp says"),
            ("seed", "\(part.seed)"),
            (
                "threads",
                "1, at most \(Text.plural(slots.count, "node")) at once on " + Machine.description
            ),
        ]
    }
}
