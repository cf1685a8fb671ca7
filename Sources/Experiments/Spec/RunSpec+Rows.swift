import FederationWire
import JSON
import Platform

/// What pages and reports show of a run's settings.
extension RunSpec {
    /// The settings by name as pages know them: the main ones, and those that are not at their defaults.
    ///
    /// The strategy has its name for people, and a cohort is a number of clients.
    package var told: [String: JSONValue] {
        var told: [String: JSONValue] = [:]
        for setting in Self.settings {
            let value = setting.read(self)
            // A partition takes the experiment's place, and divides all images there are.
            if value == .null || partition != nil && setting.belongsToExperiment { continue }
            if setting.isMain || value != setting.standard { told[setting.name] = value }
        }
        told["strategy"] = .string(federatedStrategy.name)
        told["model"] = .string(model.name)
        if cohort != nil { told["cohort"] = .integer(cohortSize) }
        return told
    }

    /// What a page lists of a run of that name.
    package func facts(of name: String) -> RunState.Facts {
        var facts = RunState.Facts(
            id: name, experiment: experimentNumber, clients: clients, rounds: rounds,
            settings: told, rows: rows, spec: SpecFile(given).json)
        facts.title = headline
        return facts
    }

    /// The settings that a server tells its clients, null where there is none.
    package var travelling: [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        for setting in Self.settings where setting.travels {
            members[setting.name] = .some(setting.read(self))
        }
        if partition != nil { members["experiment"] = nil }
        // The name is for people: a server sends the architecture itself.
        members["model"] = .string(model.name)
        return members
    }

    /// What pages are told, as rows, in the order of the table.
    package var rows: [RunState.Row] {
        let told = told
        return Self.settings.compactMap { setting in
            told[setting.name].map {
                RunState.Row(name: setting.name, title: setting.title, value: setting.words($0))
            }
        }
    }
}

extension Setting {
    /// Whether a partition leaves nothing of it.
    fileprivate var belongsToExperiment: Bool { needs.experiment || name == "experiment" }

    /// A value as people read it.
    package func words(_ value: JSONValue) -> String {
        switch (format, value) {
        case (.percent, _): value.double.map { Text.percent($0) } ?? value.typed
        case (.words(let yes, let no), .bool(let isSet)): isSet ? yes : no
        case (.usual, .integer(let count)): Text.count(count)
        default: value.words
        }
    }
}
