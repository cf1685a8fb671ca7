import Federation
import JSON
import Platform

extension JSONValue {
    /// The value as people read it.
    package var words: String {
        switch self {
        case .null: "none"
        case .bool(let value): value ? "yes" : "no"
        case .integer(let value): "\(value)"
        case .unsigned(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): value
        case .array, .object:
            ModelFile.words(of: self) ?? String(decoding: encoded(), as: UTF8.self)
        }
    }

    /// The value as a cell of a table: a model from a file by its name and digest, all else as it is typed.
    var cell: String { ModelFile.words(of: self) ?? typed }
}

extension RunLog {
    /// Which data a run had, by the name of the data set.
    package var datasetWords: String {
        if case .string(let name)? = configuration.members["dataset"], !name.isEmpty { return name }
        return data == nil ? "–" : data.words
    }

    /// How the data were divided: "experiment 2", or a partition's text.
    package var divisionWords: String {
        if case .string(let partition)? = configuration.members["partition"] { return partition }
        return "experiment \(experiment)"
    }

    /// The algorithm as it prints itself; "–" where a log does not say.
    package var strategyWords: String {
        RunSpec(logged: self)?.federatedStrategy.name ?? configuration.members["strategy"]?.words
            ?? "–"
    }
}
