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
    /// The last clients that a round went on without.
    public var drops: [ClientDrop]?
    /// What happened last.
    public var events: [Event]?

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
            "waiting": waiting?.json ?? nil,
            "drops": drops.map { .array($0.map(\.json)) } ?? nil,
            "events": events.map { .array($0.map(\.json)) } ?? nil,
        ]
        members["clientsSeen"] = clientsSeen.map(JSONValue.integer)
        members["results"] = results?.json
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

extension RunState {
    /// A committed round.
    public struct Round: Hashable, Sendable {
        /// 1…R.
        public var round: Int
        /// The global model's accuracy, 0…1.
        public var accuracy: Double?
        /// The global model's mean loss over the test images, in nats.
        public var loss: Double?
        /// How long the round took.
        public var seconds: Double?
        /// When it was committed.
        public var closedAt: Date?
        /// Lowest and highest accuracy of the clients' own models.
        public var clients: ClosedRange<Double>?

        /// A round.
        public init(
            round: Int, accuracy: Double? = nil, loss: Double? = nil, seconds: Double? = nil,
            closedAt: Date? = nil, clients: ClosedRange<Double>? = nil
        ) {
            self.round = round
            self.accuracy = accuracy
            self.loss = loss
            self.seconds = seconds
            self.closedAt = closedAt
            self.clients = clients
        }

        package var json: JSONValue {
            [
                "round": .integer(round), "accuracy": JSONValue(accuracy),
                "loss": JSONValue(loss), "seconds": JSONValue(seconds),
                "closedAt": JSONValue(closedAt),
                "clientsLow": JSONValue(clients?.lowerBound),
                "clientsHigh": JSONValue(clients?.upperBound),
            ]
        }
    }

    /// A client.
    public struct Client: Hashable, Sendable {
        /// What a client does.
        public enum State: String, Hashable, Sendable, CaseIterable {
            /// It asks for a task.
            case waiting
            /// It has a task.
            case training
            /// Its update of the open round is taken.
            case reported
            /// It has vanished or left.
            case lost
            /// It has not been heard of, or has no part in the open round.
            case idle
        }

        /// Its id.
        public var client: Int
        /// What it does.
        public var state: State?
        /// Its training samples.
        public var samples: Int?
        /// Its model's accuracy, 0…1.
        public var accuracy: Double?
        /// The last round that it had a part in, where that is not the same for all.
        public var lastRound: Int?
        /// When it was last heard of.
        public var lastSeen: Date?
        /// Bytes that have come from it.
        public var bytesReceived: Int?
        /// Bytes that have gone to it.
        public var bytesSent: Int?
        /// How fast it trains.
        public var imagesPerSecond: Double?

        /// A client of which nothing else is known.
        public init(client: Int) {
            self.client = client
        }

        package var json: JSONValue {
            var members: [String: JSONValue] = [
                "client": .integer(client), "state": JSONValue(state?.rawValue),
                "samples": JSONValue(samples), "accuracy": JSONValue(accuracy),
                "lastSeen": JSONValue(lastSeen), "bytesReceived": JSONValue(bytesReceived),
                "bytesSent": JSONValue(bytesSent),
                "imagesPerSecond": JSONValue(imagesPerSecond),
            ]
            members["lastRound"] = lastRound.map(JSONValue.integer)
            return .object(members)
        }
    }
}

extension JSONValue {
    fileprivate init(_ value: String?) { self = value.map(JSONValue.string) ?? .null }
    fileprivate init(_ value: Int?) { self = value.map(JSONValue.integer) ?? .null }
    fileprivate init(_ value: Double?) { self = value.map(JSONValue.number) ?? .null }

    /// A moment in ISO 8601, UTC, with milliseconds.
    init(_ moment: Date?) {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        self = moment.map { .string($0.formatted(style)) } ?? .null
    }
}
