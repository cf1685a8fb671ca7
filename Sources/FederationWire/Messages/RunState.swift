import Federation
import Foundation
import JSON

/// A run as the live page draws it: what `GET /state` answers, each event of `GET /events` says, and a
/// report holds. What is not known is null.
public struct RunState: Hashable, Sendable {
    /// How far a run is.
    public enum Phase: String, Hashable, Sendable, CaseIterable {
        /// Somebody is missing.
        case waiting
        /// Clients train.
        case training
        /// The round's models are tested.
        case evaluating
        /// Somebody has told the run to wait.
        case paused
        /// The run is over.
        case finished
    }

    /// The server's version.
    public var version: String?
    /// What the run is.
    public var run: Facts
    /// How far it is.
    public var phase: Phase
    /// How it ended.
    public var outcome: String?
    /// The round that is open or comes next.
    public var round: Int
    /// When it was opened.
    public var roundOpenedAt: Date?
    /// How much of it is done, 0…1; nil where that is known by what clients report alone.
    public var roundProgress: Double?
    /// When it closes at the latest.
    public var deadlineAt: Date?
    /// The committed rounds.
    public var rounds: [Round] = []
    /// What the last test measured beside accuracy and loss; nil where that is nothing.
    public var results: Results?
    /// The clients that have been heard of; of very many, some.
    public var clients: [Client] = []
    /// How many there are, where only some are shown.
    public var clientsSeen: Int?
    /// Whom the round waits for.
    public var waiting: RoundWait?
    /// Since when it waits for somebody.
    public var waitingSince: Date?
    /// The command that brings the first of the missing clients back.
    public var waitingCommand: String?
    /// The last clients that a round went on without.
    public var drops: [ClientDrop]?
    /// What happened last.
    public var events: [Event]?
    /// Where the list of runs is that this run is one of, relative to its page.
    public var home: String?
    /// What those who look on may do to the run; nil where nobody offers that.
    public var steering: Steering?

    /// A run.
    public init(
        version: String?, run: Facts, phase: Phase, outcome: String? = nil, round: Int
    ) {
        self.version = version
        self.run = run
        self.phase = phase
        self.outcome = outcome
        self.round = round
    }

    /// The state as the page reads it.
    public var json: JSONValue {
        var members: [String: JSONValue] = [
            "version": JSONValue(version), "run": run.json, "phase": .string(phase.rawValue),
            "outcome": JSONValue(outcome), "round": .integer(round),
            "roundOpenedAt": JSONValue(roundOpenedAt), "deadlineAt": JSONValue(deadlineAt),
            "rounds": .array(rounds.map(\.json)), "clients": .array(clients.map(\.json)),
            "waiting": waitingJSON,
            "drops": drops.map { .array($0.map(\.json)) } ?? nil,
            "events": events.map { .array($0.map(\.json)) } ?? nil,
        ]
        members["roundProgress"] = roundProgress.map(JSONValue.number)
        members["clientsSeen"] = clientsSeen.map(JSONValue.integer)
        members["results"] = results?.json
        members["home"] = home.map(JSONValue.string)
        members["steering"] = steering?.json
        return .object(members)
    }

    private var waitingJSON: JSONValue {
        guard case .object(var members)? = waiting?.json else { return .null }
        members["since"] = waitingSince.map { JSONValue($0) }
        members["command"] = waitingCommand.map(JSONValue.string)
        return .object(members)
    }

    /// Something that happened.
    public struct Event: Hashable, Sendable {
        /// When.
        public var at: Date
        /// What, in a sentence.
        public var text: String

        /// An event.
        public init(at: Date, _ text: String) {
            self.at = at
            self.text = text
        }

        package var json: JSONValue { ["at": JSONValue(at), "text": .string(text)] }
    }
}

extension JSONValue {
    init(_ value: String?) { self = value.map(JSONValue.string) ?? .null }
    init(_ value: Int?) { self = value.map(JSONValue.integer) ?? .null }
    init(_ value: Double?) { self = value.map(JSONValue.number) ?? .null }

    /// A moment in ISO 8601, UTC, with milliseconds.
    init(_ moment: Date?) {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        self = moment.map { .string($0.formatted(style)) } ?? .null
    }
}
