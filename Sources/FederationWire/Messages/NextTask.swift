import Federation
import JSON
import Platform

/// What a client is to do next: the answer to the long poll.
///
/// It is the same however often it is asked for, until the client has reported or the round is over.
public struct NextTask: Message {
    /// Kinds of tasks.
    public enum Kind: Hashable, Sendable {
        /// Train from the global model of the round before, and upload the update. `counted` is the last
        /// committed round that an update of this client is part of, nil before there is one: what its
        /// transforms keep from round to round goes on from there, whatever became of later updates.
        case train(round: Int, counted: Int?)
        /// Nothing yet: ask again.
        case wait
        /// The run is over, and how (`Outcome.description`); `succeeded` if it ended as it should.
        case finished(outcome: String, succeeded: Bool)
    }

    /// What is to be done.
    public var kind: Kind
    /// How the last committed round went; nil before the first.
    public var committed: CommittedSummary?
    /// Whom the round waits for, where there is nothing to do because somebody is missing.
    public var waiting: RoundWait?

    /// A task.
    public init(_ kind: Kind, committed: CommittedSummary? = nil, waiting: RoundWait? = nil) {
        self.kind = kind
        self.committed = committed
        self.waiting = waiting
    }

    /// What an object says that has come.
    /// - Throws: `APIError` where a member is missing, of another kind or out of bounds.
    public init(_ fields: inout Fields) throws(APIError) {
        switch try fields.text("task") {
        case "train":
            let rounds = 1...Int(Int32.max)
            kind = .train(
                round: try fields.int("round", in: rounds),
                counted: fields.value("counted") == nil
                    ? nil : try fields.int("counted", in: rounds))
        case "wait": kind = .wait
        case "finished":
            kind = .finished(
                outcome: try fields.text("outcome"), succeeded: try fields.bool("succeeded"))
        default: throw fields.failure("task", "“train”, “wait” or “finished”")
        }
        committed = try fields.message("committed", CommittedSummary.self)
        waiting = try fields.message("waiting", RoundWait.self)
    }

    /// The object as it is sent.
    public var json: JSONValue {
        let committed = committed?.json ?? nil
        switch kind {
        case .train(let round, let counted):
            return [
                "task": "train", "round": .integer(round),
                "counted": counted.map(JSONValue.integer) ?? nil, "committed": committed,
            ]
        case .wait:
            guard let waiting else { return ["task": "wait", "committed": committed] }
            return ["task": "wait", "committed": committed, "waiting": waiting.json]
        case .finished(let outcome, let succeeded):
            // The outcome may repeat what a client said, which may be as long as a text can be.
            return [
                "task": "finished",
                "outcome": .string(outcome.printable(byteLimit: Fields.textLimit)),
                "succeeded": .bool(succeeded), "committed": committed,
            ]
        }
    }
}

/// A committed round in three numbers.
public struct CommittedSummary: Message {
    /// 1…R.
    public var round: Int
    /// The global model's accuracy, 0…1, or R² where numbers are predicted; nil where it was not tested.
    public var accuracy: Double?
    /// Its mean loss in nats; nil where it was not tested.
    public var loss: Double?

    /// A round that has been committed.
    public init(round: Int, accuracy: Double?, loss: Double?) {
        self.round = round
        self.accuracy = accuracy
        self.loss = loss
    }

    /// What an object says that has come.
    /// - Throws: `APIError` where a member is missing, of another kind or out of bounds.
    public init(_ fields: inout Fields) throws(APIError) {
        self.init(
            round: try fields.int("round", in: 1...Int(Int32.max)),
            accuracy: try fields.optionalNumber("accuracy"),
            loss: try fields.optionalNumber("loss"))
    }

    /// The object as it is sent.
    public var json: JSONValue {
        [
            "round": .integer(round), "accuracy": accuracy.map(JSONValue.number) ?? nil,
            "loss": loss.map(JSONValue.number) ?? nil,
        ]
    }
}
