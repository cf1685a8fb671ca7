import NeuralNetworks
import Platform

extension ArchitectureSummary {
    /// What there is to say of the whole.
    package func facts(of model: String, input: FeatureShape) -> [(name: String, value: String)] {
        [
            ("model", model), ("input", "\(input)"),
            ("parameters", Text.count(parameterCount)),
            ("FLOP", "\(Text.count(flopsPerSample)) a sample, forward"),
        ]
    }
}

extension ArchitectureSummary.Row {
    /// As a row of a table: place, kind, output, parameters, FLOP, and what computes it.
    package var cells: [String] {
        [
            place, kind, "\(output)", parameterCount == 0 ? "–" : Text.count(parameterCount),
            flopsPerSample == 0 ? "–" : Text.count(flopsPerSample), computation,
        ]
    }

    private var computation: String {
        if let isFused {
            return operations.joined(separator: ", ") + (isFused ? ", fused" : ", plain")
        }
        return joined.map { "with \($0)" } ?? "nothing to do"
    }
}
