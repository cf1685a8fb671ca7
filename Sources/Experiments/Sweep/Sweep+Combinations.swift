import ExternalRules
import Training

extension Sweep.Run {
    /// The runs of a grid's combinations on these data, each once.
    /// - Throws: `PartitionError` where a partition's file cannot be read or does not fit,
    ///   `InitialModelError` where that of the weights to begin with cannot.
    public static func distinct(
        _ combinations: [SweepCombination], data: RunData
    ) throws -> [Sweep.Run] {
        var seen = Set<RunSpec>()
        // A file that divides the data, or has the weights, is read once for all runs that it is of.
        var divisions: [[String]: RunInputs] = [:]
        return try zip(combinations, SweepCombination.words(combinations)).compactMap {
            combination, words in
            let data = try data.knowingWriters(for: combination.spec.partition)
            var spec = combination.spec
            if spec.takesAllOwners { spec = try spec.counted(on: data.dataset).validated() }
            spec.dataset = data.dataset.name
            spec.reading = data.reading
            guard seen.insert(spec).inserted else { return nil }
            let division = [
                "\(spec.clients)", spec.partition?.description ?? "", spec.initialModel ?? "",
                spec.serverRule ?? "",
            ]
            let inputs =
                try divisions[division]
                ?? RunInputs(
                    spec, data: data.source.fingerprint, dataset: data.dataset)
            divisions[division] = inputs
            return Sweep.Run(spec, inputs: inputs, words: words)
        }
    }

    /// Refuses what the data do not allow, before anything has trained.
    /// - Throws: what `ExperimentRun` throws.
    public func check(on data: RunData, threads: Int) throws {
        let data = try data.knowingWriters(for: spec.partition)
        let parts = try spec.checked(on: data.dataset, threads: threads, for: .memory)
        _ = try spec.weights(for: parts.architecture)
        try (parts.strategy.server as? ProgramRule)?.program.check()
    }
}

extension Sweep {
    /// What there is to say of the runs' models, each once.
    public static func notes(of runs: [Run], on data: RunData) -> [String] {
        var seen = Set<String>()
        return runs.flatMap { $0.spec.model.notes(on: data.dataset.train.featureShape) }
            .filter { seen.insert($0).inserted }
    }
}

extension SweepTable {
    /// What the table says came of a run; nil where it has no row of it.
    package func result(of run: Sweep.Run) -> Result? {
        run.inputs.flatMap { result(run.spec, $0) }
    }

    /// Whether the table has the row of a run.
    public func contains(_ run: Sweep.Run) -> Bool {
        result(of: run) != nil
    }
}
