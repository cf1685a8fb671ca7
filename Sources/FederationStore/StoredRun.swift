import Federation
import JSON
import Parameters

/// What a store knows of a run, its rounds and models apart.
public struct StoredRun: Sendable, Equatable {
    /// By which the user calls it: the UTC time it began, as in its log's name.
    public var name: String
    /// Which command it belongs to: "run", "serve".
    public var kind: String
    /// Its log without rounds and weights: configuration, seed, data, machine, and how it ended.
    public var header: RunLog
    /// How its maker finds its data again.
    public var source: JSONValue
    /// The tensors of its model.
    public var layout: ParameterLayout
    /// Whether it has come to an end, good or bad; one that was killed or interrupted has not.
    public var isFinished: Bool
    /// Whether a process is in it now.
    public var isRunning: Bool
    /// Which process that is; nil for none, or where that is not known.
    public var process: Int?
    /// What its user says of it.
    public var labels: RunLabels
    /// What another process wants of it, while a process is in it.
    public var wish: RunWish?
    /// Whether it waits, because that is wanted.
    public var isPaused: Bool
    /// Where its log was written.
    public var logFile: String?
    /// How many rounds are committed.
    public var roundCount: Int
    /// The global model's accuracy after the last one.
    public var lastAccuracy: Double?

    /// How it ended, or that it has not.
    public var outcome: String {
        if isRunning { return "running" }
        if isFinished { return header.outcome }
        return header.outcome.isEmpty ? "unfinished" : header.outcome
    }
}

/// A global model after a round.
public struct StoredModel: Sendable, Equatable {
    /// After which round.
    public var round: Int
    /// The model.
    public var parameters: ParameterVector

    package init(round: Int, parameters: ParameterVector) {
        self.round = round
        self.parameters = parameters
    }
}
