import Datasets
import Federation
import FederationStore
import FederationWire
import JSON
import Platform

/// A run in a list of runs: what `federated runs` prints, and what a store's page is told.
public struct RunRow: Sendable, Equatable {
    /// Its name in the store.
    public var id: String
    /// What its user says of it.
    public var labels: RunLabels
    /// The command that it is of.
    public var kind: String
    /// Where it stands.
    public var state: StoredRun.State
    /// That in words: "running, process 6681".
    public var stateText: String
    /// When it began, as ISO 8601 has it; nil where that is not known.
    public var startedAt: String?
    /// "Experiment 2 · …", "Partition dirichlet:0.5".
    public var title: String
    /// Which data it has.
    public var data: String
    /// How they are divided.
    public var division: String
    /// The algorithm, as it prints itself.
    public var strategy: String
    /// Which model.
    public var model: String
    /// Clients in all.
    public var clients: Int
    /// Clients in a round.
    public var cohort: Int
    /// Rounds wanted.
    public var planned: Int
    /// Rounds committed.
    public var rounds: Int
    /// Of all random numbers.
    public var seed: UInt64
    /// What accuracies are.
    public var score: RunLog.Score
    /// Of the last tested round.
    public var accuracy: Double?
    /// The best one.
    public var best: Double?
    /// Of the last tested round.
    public var loss: Double?
    /// All rounds together.
    public var seconds: Double
    /// Accuracies of at most `sparkPoints` rounds, the last among them.
    public var spark: [Double?]
    /// What may be done to it now, by whoever may write the store.
    public var actions: [RunAction.Kind]

    /// The most points that a spark line has.
    public static let sparkPoints = 60

    /// All runs of a store, in the order in which they began.
    /// - Parameter hasSparks: whether spark lines are wanted, which take the longest to read.
    /// - Throws: `StoreError`.
    public static func all(in store: RunStore, hasSparks: Bool = true) throws(StoreError)
        -> [RunRow]
    {
        try store.listing(points: hasSparks ? sparkPoints : 0).map { RunRow($0) }
    }

    package init(_ run: ListedRun) {
        func text(_ key: String) -> String? {
            if case .string(let text)? = run.header[key] { text } else { nil }
        }
        func whole(_ key: String) -> Int? {
            if case .integer(let value)? = run.header[key] { value } else { nil }
        }
        let members = (run.header["configuration"] ?? .null).members.withSettingsSpelled
        let spec = RunSpec(listed: members)
        id = run.name
        labels = run.labels
        kind = run.kind
        (state, stateText) = (run.state, run.stateText)
        startedAt = text("started")
        clients = whole("client number") ?? 0
        planned = whole("max round") ?? 0
        rounds = run.rounds
        let experiment = whole("experiment") ?? 0
        if case .string(let partition)? = members["partition"] {
            (division, title) = (partition, "Partition \(partition)")
        } else {
            division = "experiment \(experiment)"
            title =
                Experiment(rawValue: experiment)?.headline ?? division
        }
        data =
            if case .string(let name)? = members["dataset"], !name.isEmpty { name } else {
                run.header["data"].map { $0 == .null ? "–" : $0.words } ?? "–"
            }
        strategy =
            members.isEmpty
            ? "–" : spec?.federatedStrategy.name ?? members["strategy"]?.words ?? "–"
        model = (run.header["model"] ?? .null).words
        cohort = spec?.cohort?.resolved(of: clients) ?? clients
        seed =
            switch run.header["seed"] {
            case .integer(let value)?: UInt64(exactly: value) ?? 0
            case .unsigned(let value)?: value
            default: 0
            }
        score = text("score").flatMap(RunLog.Score.init(rawValue:)) ?? .accuracy
        (accuracy, best, loss) = (run.lastAccuracy, run.bestAccuracy, run.lastLoss)
        (seconds, spark) = (run.seconds, run.spark)
        actions = Self.actions(run.state, wish: run.wish, kind: run.kind)
    }

    /// What may be done to a run of a store, by whoever may write that.
    package static func actions(
        _ state: StoredRun.State, wish: RunWish?, kind: String
    ) -> [RunAction.Kind] {
        let always = [RunAction.Kind.rename, .tag, .note]
        // What serves is begun again in a terminal, with its address and tokens.
        let isServed = kind == "serve"
        switch state {
        case .running where wish == .pause: return always + [.stop, .resume]
        case .running: return always + (isServed ? [.stop] : [.stop, .pause])
        case .paused: return always + [.stop, .resume]
        case .interrupted, .unfinished, .failed, .diverged:
            return always + (isServed ? [] : [.resume, .extend]) + [.remove]
        case .completed, .target, .stalled:
            return always + (isServed ? [] : [.extend]) + [.remove]
        }
    }
}

extension RunSpec {
    /// What a list needs of a log's configuration: each setting that this version reads, unchecked; nil
    /// where one is of another kind.
    fileprivate init?(listed members: [String: JSONValue]) {
        self.init()
        for (name, value) in members where value != .null {
            guard let setting = Self.byName[name] else { continue }
            guard (try? setting.set(value, in: &self)) != nil else { return nil }
        }
    }

    private static let byName = Dictionary(settings.map { ($0.name, $0) }) { $1 }
}

extension RunRow {
    /// As a page is told of it.
    package var json: JSONValue {
        func number(_ value: Double?) -> JSONValue {
            value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null
        }
        func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
        let members: [String: JSONValue] = [
            "id": .string(id), "name": text(labels.name),
            "tags": .array(labels.tags.map(JSONValue.string)), "note": .string(labels.note),
            "kind": .string(kind), "state": .string(state.rawValue),
            "stateText": .string(stateText), "startedAt": text(startedAt),
            "title": .string(title), "data": .string(data), "division": .string(division),
            "strategy": .string(strategy), "model": .string(model),
            "clients": .integer(clients), "cohort": .integer(cohort),
            "planned": .integer(planned), "rounds": .integer(rounds), "seed": JSONValue(seed),
            "score": .string(score.rawValue), "accuracy": number(accuracy), "best": number(best),
            "loss": number(loss), "seconds": number(seconds),
            "spark": .array(spark.map(number)),
            "actions": .array(actions.map { .string($0.rawValue) }),
        ]
        return .object(members)
    }
}
