import Federation
import Foundation
import JSON

extension RunState {
    /// What a run is, as the page lists it.
    public struct Facts: Hashable, Sendable {
        /// The run's name.
        public var id: String
        /// The experiment's number, 1…4; 0 where a partition divides the data.
        public var experiment: Int
        /// K.
        public var clients: Int
        /// R.
        public var rounds: Int
        /// When it began.
        public var startedAt: Date?
        /// The rest, by the names that settings have; null is what is not done at all.
        public var settings: [String: JSONValue]
        /// The settings as the page lists them.
        public var rows: [Row]
        /// What models are measured by: accuracy, or R² where numbers are predicted.
        public var score = RunLog.Score.accuracy
        /// What classes are called; empty where nobody says.
        public var classNames: [String] = []
        /// What a heading calls it: "Experiment 2 · equal random"; nil where nobody says.
        public var title: String?
        /// What its user calls it.
        public var name: String?
        /// Its user's words for it; nil where nobody keeps such.
        public var tags: [String]?
        /// What its user has noted.
        public var note: String?
        /// The command that repeats it.
        public var repeatCommand: String?
        /// What repeats the run, as `federated run --spec` reads it; null where that is not known.
        public var spec: JSONValue

        /// A run.
        public init(
            id: String, experiment: Int, clients: Int, rounds: Int, startedAt: Date? = nil,
            settings: [String: JSONValue] = [:], rows: [Row] = [],
            spec: JSONValue = .null
        ) {
            self.id = id
            self.experiment = experiment
            self.clients = clients
            self.rounds = rounds
            self.startedAt = startedAt
            self.settings = settings
            self.rows = rows
            self.spec = spec
        }

        package var json: JSONValue {
            var members = settings
            members["id"] = .string(id)
            members["experiment"] = .integer(experiment)
            members["clients"] = .integer(clients)
            members["rounds"] = .integer(rounds)
            members["rows"] = .array(rows.map(\.json))
            members["spec"] = spec
            if score != .accuracy { members["score"] = .string(score.rawValue) }
            if !classNames.isEmpty {
                members["classNames"] = .array(classNames.map(JSONValue.string))
            }
            if let startedAt { members["startedAt"] = JSONValue(startedAt) }
            members["title"] = title.map(JSONValue.string)
            members["name"] = name.map(JSONValue.string)
            members["tags"] = tags.map { .array($0.map(JSONValue.string)) }
            members["note"] = note.map(JSONValue.string)
            members["repeat"] = repeatCommand.map(JSONValue.string)
            return .object(members)
        }
    }
}

extension RunState {
    /// A setting as a page lists it.
    public struct Row: Hashable, Sendable {
        /// The setting's name, like `batch_size`.
        public var name: String
        /// What people call it.
        public var title: String
        /// Its value as people read it.
        public var value: String

        /// A row.
        public init(name: String, title: String, value: String) {
            self.name = name
            self.title = title
            self.value = value
        }

        package var json: JSONValue {
            ["name": .string(name), "title": .string(title), "value": .string(value)]
        }
    }
}
