import Federation
import Platform

extension ExperimentRun {
    /// What it is, as names and what they are, for those who look on.
    package var facts: [(name: String, value: String)] {
        let dataset = data.dataset
        let train = Text.count(dataset.train.count)
        let tested = parts.evaluationSet.indices.count
        let parameters = Text.count(architecture.parameterCount)
        var rows = [
            (spec.partition == nil ? "experiment" : "partition", spec.division),
            (
                "data",
                "\(dataset.origin): \(train) to train, \(Text.count(tested)) of "
                    + "\(Text.count(dataset.test.count)) to test"
            ),
            (
                "model",
                "\(spec.model.name), \(parameters) parameters, \(spec.engine.rawValue) engine"
            ),
            ("clients", clients),
            ("strategy", "\(parts.strategy)"),
            (
                "training",
                "\(Text.plural(spec.rounds, "round")) of \(spec.training.summary)"
            ),
            ("seed", "\(spec.seed)"),
            (
                "threads",
                (isShared
                    ? "\(threads) in each of \(Text.plural(ranks, "rank"))"
                    : "\(threads)")
                    + " on \(Machine.description)"
            ),
        ]
        if let clientTests { rows.insert(("tests", clientTests), at: 2) }
        if parts.loss != .softmaxCrossEntropy {
            let smoothing = parts.loss.labelSmoothing
            rows.append(
                (
                    "loss",
                    parts.loss.kind.rawValue
                        + (smoothing > 0 ? ", labels smoothed by \(smoothing)" : "")
                ))
        }
        let absence = spec.absences
        if !absence.isEmpty { rows.append(("absence", absence.joined(separator: ", "))) }
        if let why = reproducibility().why {
            rows.append(("bits", "depend on more than settings and seed: \(why)"))
        }
        if case .loopback(let transport, _) = place {
            rows.append(("transport", "\(transport.rawValue) over loopback"))
        }
        return rows
    }

    /// What clients' models are tested on, where that is less.
    private var clientTests: String? {
        let (count, all) = (parts.imagesPerClientTest, parts.evaluationSet.indices.count)
        return count == 0 || count == all
            ? nil : "clients' models on \(Text.count(count)) of these, drawn each round"
    }

    private var clients: String {
        let counts = samplesByClient.sorted { $0.key < $1.key }.map(\.value)
        var what = Text.plural(spec.clients, "client")
        if spec.cohortSize < spec.clients {
            what = "\(Text.count(spec.cohortSize)) a round of \(what)"
        }
        let isFixed = spec.fixedShards || spec.partition != nil
        let drawn =
            spec.partition != nil
            ? "divided once" : spec.fixedShards ? "drawn once" : "drawn anew each round"
        guard let low = counts.min(), let high = counts.max(), low != high else {
            return "\(what) with \(Text.plural(counts[0], "sample")) each, \(drawn)"
        }
        let sizes =
            counts.count <= 10
            ? counts.map(Text.count).joined(separator: " · ")
            : "\(Text.count(low)) to \(Text.count(high))"
        return "\(what) with \(sizes) samples"
            + (isFixed ? ", \(drawn)" : " in round 1, \(drawn)")
    }
}
