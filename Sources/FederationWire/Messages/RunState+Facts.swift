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
        /// The rest, by the names that the page knows them by; null is what is not done at all.
        public var settings: [String: JSONValue]

        /// A run.
        public init(
            id: String, experiment: Int, clients: Int, rounds: Int, startedAt: Date? = nil,
            settings: [String: JSONValue] = [:]
        ) {
            self.id = id
            self.experiment = experiment
            self.clients = clients
            self.rounds = rounds
            self.startedAt = startedAt
            self.settings = settings
        }

        /// What a run's settings and rules say of it.
        public init(_ run: RunSettings, rules: RoundEngine.Configuration, strategy: String) {
            let members: [String: JSONValue] = [
                "model": .string(run.model), "strategy": .string(strategy),
                "cohort": rules.cohortSize < rules.population ? .integer(rules.cohortSize) : nil,
                "overSelection": rules.overSelection == 1 ? nil : .number(rules.overSelection),
                "targetAccuracy": rules.targetAccuracy.map(JSONValue.number) ?? nil,
                "patience": rules.patience.map(JSONValue.integer) ?? nil,
                "evaluateEvery": rules.evaluationInterval == 1
                    ? nil : .integer(rules.evaluationInterval),
                "partition": run.partition.map(JSONValue.string) ?? nil,
                "seed": JSONValue(run.seed), "samples": .integer(run.samples),
                "dataset": .string(run.dataset),
            ]
            self.init(
                id: run.run.text, experiment: run.experiment, clients: run.clients,
                rounds: run.rounds,
                settings: members.merging(run.trainingFacts) { own, _ in own })
        }

        var json: JSONValue {
            var members = settings
            members["id"] = .string(id)
            members["experiment"] = .integer(experiment)
            members["clients"] = .integer(clients)
            members["rounds"] = .integer(rounds)
            if let startedAt { members["startedAt"] = JSONValue(startedAt) }
            return .object(members)
        }
    }
}

extension RunSettings {
    /// How clients train; null is what is not done at all.
    fileprivate var trainingFacts: [String: JSONValue] {
        func number(_ value: Float) -> JSONValue { .number(Double("\(value)") ?? 0) }
        return [
            "epochs": training.epochs.map(JSONValue.number) ?? nil,
            "steps": training.steps.map(JSONValue.integer) ?? nil,
            "batchSize": training.batchSize.map(JSONValue.integer) ?? "all",
            "learningRate": number(training.learningRate),
            "learningRateDecay": training.learningRateDecay == 1
                ? nil : .number(training.learningRateDecay),
            "momentum": training.momentum == 0 ? nil : number(training.momentum),
            "weightDecay": training.weightDecay == 0 ? nil : number(training.weightDecay),
            "mu": objective.proximal == 0 ? nil : number(objective.proximal),
            "gradientClip": training.gradientClip.map(number) ?? nil,
        ]
    }
}
