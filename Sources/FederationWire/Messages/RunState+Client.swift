import Foundation
import JSON

extension RunState {
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
        /// How fast it trains, by what it says itself.
        public var imagesPerSecond: Double?
        /// Its model's loss, in nats.
        public var loss: Double?
        /// Its training samples by class; empty where they are not known.
        public var classCounts: [Int] = []
        /// How far its last update moved the model: see `ChangeMeasure`.
        public var norm: Double?
        /// The cosine of that with the change that the global model made in the round before.
        public var cosine: Double?
        /// What it did round by round; nil where clients times rounds are too many.
        public var history: History?
        /// The machine that it says it runs on.
        public var host: String?
        /// The version of its program, as it says.
        public var version: String?

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
            members["loss"] = loss.map(JSONValue.number)
            if !classCounts.isEmpty {
                members["classCounts"] = .array(classCounts.map(JSONValue.integer))
            }
            members["norm"] = norm.map(JSONValue.number)
            members["cosine"] = cosine.map(JSONValue.number)
            members["history"] = history?.json
            members["host"] = host.map(JSONValue.string)
            members["version"] = version.map(JSONValue.string)
            return .object(members)
        }
    }
}

extension RunState.Client {
    /// What a client did in rounds 1, 2, 3 …; nil where there is no number. Six digits, for drawing.
    public struct History: Hashable, Sendable {
        /// Places of all clients' histories, clients times rounds, at most.
        public static let placeLimit = 20_000

        /// Its models' accuracies, 0…1.
        public var accuracy: [Double?] = []
        /// Their losses, in nats.
        public var loss: [Double?] = []
        /// How far its updates moved the model.
        public var norm: [Double?] = []
        /// The cosines of these with the change of the global model before.
        public var cosine: [Double?] = []

        /// Nothing yet.
        public init() {}

        /// A series that has no number at all is empty.
        var json: JSONValue {
            func list(_ values: [Double?]) -> JSONValue {
                values.contains { $0 != nil }
                    ? .array(values.map { $0.map(JSONValue.number) ?? .null }) : .array([])
            }
            return [
                "accuracy": list(accuracy), "loss": list(loss), "norm": list(norm),
                "cosine": list(cosine),
            ]
        }
    }
}
