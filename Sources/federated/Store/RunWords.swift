import Federation
import JSON

extension JSONValue {
    /// The value as people read it.
    var words: String {
        switch self {
        case .null: "none"
        case .bool(let value): value ? "yes" : "no"
        case .integer(let value): "\(value)"
        case .unsigned(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): value
        case .array, .object: String(decoding: encoded(), as: UTF8.self)
        }
    }

    /// The members of an object by name; nothing for another value.
    package var members: [String: JSONValue] {
        if case .object(let members) = self { members } else { [:] }
    }

    /// batchSize → batch size.
    static func spaced(_ key: String) -> String {
        key.reduce(into: "") { name, character in
            if character.isUppercase { name += " " }
            name += character.lowercased()
        }
    }
}

extension RunLog {
    /// Which data a run had, by the name of the data set.
    var datasetWords: String {
        if case .string(let name)? = configuration.members["dataset"], !name.isEmpty { return name }
        return data == nil ? "–" : data.words
    }

    /// How the data were divided: "experiment 2", or a partition's text.
    var divisionWords: String {
        if case .string(let partition)? = configuration.members["partition"] { return partition }
        return "experiment \(experiment)"
    }

    /// The algorithm as it prints itself; "–" where a log does not say.
    var strategyWords: String {
        if let settings = try? ExperimentSettings(configuration: configuration),
            configuration != [:]
        {
            return settings.federatedStrategy.name
        }
        return configuration.members["strategy"]?.words ?? "–"
    }
}
