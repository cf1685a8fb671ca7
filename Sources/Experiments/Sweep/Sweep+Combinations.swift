extension Sweep.Run {
    /// The runs of a grid's combinations on these data, each once.
    /// - Throws: `PartitionError` where a partition's file cannot be read or does not fit.
    public static func distinct(
        _ combinations: [SweepCombination], data: RunData
    ) throws -> [Sweep.Run] {
        var seen = Set<RunSpec>()
        // The file of a partition is read once for all runs that it divides the data for.
        var divisions: [[String]: RunInputs] = [:]
        return try zip(combinations, SweepCombination.words(combinations)).compactMap {
            combination, words in
            var spec = combination.spec
            spec.dataset = data.dataset.name
            guard seen.insert(spec).inserted else { return nil }
            let division = ["\(spec.clients)", spec.partition?.description ?? ""]
            let inputs =
                try divisions[division]
                ?? RunInputs(
                    spec, data: data.source.fingerprint, images: data.dataset.train)
            divisions[division] = inputs
            return Sweep.Run(spec, inputs: inputs, words: words)
        }
    }

    /// Refuses what the data do not allow, before anything has trained.
    /// - Throws: what `ExperimentRun` throws.
    public func check(on data: RunData, threads: Int) throws {
        _ = try spec.checked(on: data.dataset, threads: threads, for: .memory)
    }
}

extension SweepTable {
    /// Whether the table has the row of a run.
    public func contains(_ run: Sweep.Run) -> Bool {
        run.inputs.map { contains(run.spec, $0) } ?? false
    }
}
