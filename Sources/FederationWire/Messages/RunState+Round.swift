import Foundation
import JSON

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
        /// The clients' accuracies at 0, 25, 50, 75 and 100 % of them; empty where none was tested.
        public var quantiles: [Double] = []
        /// Bytes that came from clients and went to them in the round; nil where nothing is sent.
        public var bytes: Int?

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
            var members: [String: JSONValue] = [
                "round": .integer(round), "accuracy": JSONValue(accuracy),
                "loss": JSONValue(loss), "seconds": JSONValue(seconds),
                "closedAt": JSONValue(closedAt),
                "clientsLow": JSONValue(clients?.lowerBound),
                "clientsHigh": JSONValue(clients?.upperBound),
            ]
            if !quantiles.isEmpty {
                members["quantiles"] = .array(quantiles.map(JSONValue.number))
            }
            members["bytes"] = bytes.map(JSONValue.integer)
            return .object(members)
        }
    }
}
