import NeuralNetworks
import Platform

extension RunSpec {
    /// What a run with these settings is, as names and what they are, for those who look at it later.
    package var facts: [(name: String, value: String)] {
        sentences + untold + [("seed", "\(seed)")]
    }

    /// The settings that are not at their defaults, by their titles, below how the data are divided.
    package var unusual: [(name: String, value: String)] {
        [(partition == nil ? "experiment" : "partition", division)]
            + settingRows { $0.value(of: self) != $0.standard }
    }

    /// Sentences, and all settings that have a value, by their titles.
    package var everything: [(name: String, value: String)] {
        sentences + settingRows { _ in true }
    }

    private func settingRows(
        _ isShown: (Setting) -> Bool
    ) -> [(name: String, value: String)] {
        Self.settings.compactMap { setting in
            let value = setting.value(of: self)
            guard value != .null, isShown(setting),
                !["dataset", "model", "experiment", "partition"].contains(setting.name)
            else { return nil }
            return (setting.title, setting.words(value))
        }
    }

    private var sentences: [(name: String, value: String)] {
        var facts = [
            (partition == nil ? "experiment" : "partition", division),
            ("clients", clientsText),
            ("strategy", "\(federatedStrategy)"),
            ("training", "\(Text.plural(rounds, "round")) of \(training.summary)"),
            ("tests", testsText),
        ]
        if !endings.isEmpty { facts.append(("ends", endings.joined(separator: ", "))) }
        if !absences.isEmpty { facts.append(("absence", absences.joined(separator: ", "))) }
        if !roundRules.isEmpty { facts.append(("rounds", roundRules.joined(separator: ", "))) }
        return facts
    }

    /// Settings that are not at their defaults and that none of the sentences tells: what they leave out
    /// is seen where the default would not change them.
    package var untold: [(name: String, value: String)] {
        let told = sentences.map(\.value)
        return Self.settings.compactMap { setting in
            let value = setting.value(of: self)
            guard value != setting.standard, value != .null,
                !["dataset", "model", "seed"].contains(setting.name)
            else { return nil }
            var plain = self
            guard (try? setting.set(setting.standard, in: &plain)) != nil,
                plain.sentences.map(\.value) == told
            else { return nil }
            return (setting.title, setting.words(value))
        }
    }

    /// What a heading calls a run with these settings: "Experiment 2 · equal random", "Partition
    /// dirichlet:0.5".
    package var headline: String {
        partition.map { "Partition \($0)" } ?? experiment.headline
    }

    /// Clients in all and in a round.
    package var clientsText: String {
        let all = Text.plural(clients, "client")
        let who = cohortSize < clients ? "\(Text.count(cohortSize)) a round of \(all)" : all
        if partition != nil { return "\(who), the data divided once" }
        return "\(who) with \(Text.plural(samples, "sample")), "
            + (fixedShards ? "drawn once" : "drawn anew each round")
    }

    private var testsText: String {
        let how = evaluateEvery == 1 ? "every round" : "every \(evaluateEvery) rounds"
        let part = evaluationFraction < 1 ? "\(evaluationFraction) of" : "all of"
        let clients =
            switch clientEvaluationFraction {
            case _ where noClientEvaluation: "not clients' models"
            case 1: "clients' models too"
            case let part:
                "clients' models on \(part ?? Usual.clientEvaluationFraction) of it, drawn each round"
            }
        return "\(how), \(part) the test set, \(clients)"
    }

    /// What ends the run before its last round.
    private var endings: [String] {
        [
            targetAccuracy.map { "at accuracy \($0)" },
            patience.map { "after \(Text.plural($0, "round")) without a better one" },
        ].compactMap(\.self)
    }

    /// How clients of a simulation fail to take part.
    package var absences: [String] {
        [
            ("available", availability), ("dropping out before training", dropoutBefore),
            ("after it", dropoutAfter),
        ].compactMap { what, probability in probability.map { "\(what) with \($0)" } }
    }

    private var roundRules: [String] {
        [
            overSelection.map { "\($0) times as many asked" },
            minimumClients.map { "at least \(Text.plural($0, "update"))" },
            roundDeadline.map { "a deadline after \($0) s" },
        ].compactMap(\.self)
    }
}
