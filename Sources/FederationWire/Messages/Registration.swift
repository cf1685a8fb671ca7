import Federation
import JSON
import Platform

/// What a client says of itself before it takes part; saying it again changes nothing.
public struct Registration: Message {
    /// The model that the client will train.
    public var architecture: ArchitectureDigest
    /// How many training samples it has in the first round that it will take part in.
    public var sampleCount: Int
    /// Tells this program from another that comes with the same id: any word of its own, at most 64
    /// letters. Without it the server cannot tell two programs from one that has started again.
    public var instance: String?
    /// The machine that it runs on, for people, if it wishes to say: at most 80 bytes.
    public var host: String?
    /// The version of its program, likewise.
    public var version: String?

    /// Bytes of what is said for people, at most.
    public static let textLimit = 80

    /// A client with that model and so many samples.
    public init(
        architecture: ArchitectureDigest, sampleCount: Int, instance: String? = nil,
        host: String? = nil, version: String? = nil
    ) {
        self.architecture = architecture
        self.sampleCount = sampleCount
        self.instance = instance
        self.host = host
        self.version = version
    }

    /// - Throws: `APIError`, with the code `wrong_version` where a client of another version says it.
    public init(_ fields: inout Fields) throws(APIError) {
        try ProtocolVersion.check(fields, of: .client)
        self.init(
            architecture: try fields.digest("architecture"),
            sampleCount: try fields.int(
                "samples", in: SampleCount.allowed, .invalidSampleCount),
            instance: fields.value("instance") == nil
                ? nil : try fields.text("instance", bytes: 64),
            host: fields.value("host") == nil
                ? nil : try fields.text("host", bytes: Self.textLimit),
            version: fields.value("version") == nil
                ? nil : try fields.text("version", bytes: Self.textLimit))
    }

    /// The object as it is sent.
    public var json: JSONValue {
        var members: [String: JSONValue] = [
            "architecture": .string(architecture.hexadecimal), "samples": .integer(sampleCount),
            ProtocolVersion.member.key: ProtocolVersion.member.value,
        ]
        members["instance"] = instance.map(JSONValue.string)
        members["host"] = host.map(JSONValue.string)
        members["version"] = version.map(JSONValue.string)
        return .object(members)
    }
}

/// A client's sign of life while it trains.
public struct Heartbeat: Message {
    /// The round it trains in.
    public var round: Int
    /// Images trained in this round so far, repeats counted.
    public var imagesTrained: Int
    /// How fast it trains; 0 before that is known.
    public var imagesPerSecond: Double

    /// A client's progress in a round.
    public init(round: Int, imagesTrained: Int, imagesPerSecond: Double) {
        self.round = round
        self.imagesTrained = imagesTrained
        self.imagesPerSecond = imagesPerSecond
    }

    /// What an object says that has come.
    /// - Throws: `APIError` where a member is missing, of another kind or out of bounds.
    public init(_ fields: inout Fields) throws(APIError) {
        self.init(
            round: try fields.int("round", in: 1...Int(Int32.max)),
            imagesTrained: try fields.int("imagesTrained", in: 0...Int.max),
            imagesPerSecond: try fields.number("imagesPerSecond"))
    }

    /// The object as it is sent.
    public var json: JSONValue {
        [
            "round": .integer(round), "imagesTrained": .integer(imagesTrained),
            "imagesPerSecond": .number(imagesPerSecond),
        ]
    }
}

/// The answer to a heartbeat.
public struct HeartbeatAnswer: Message {
    /// Whether the round still waits for this client; where not, it drops what it does and asks for
    /// its next task.
    public var isWanted: Bool

    /// An answer.
    public init(isWanted: Bool) {
        self.isWanted = isWanted
    }

    /// What an object says that has come.
    /// - Throws: `APIError` where a member is missing, of another kind or out of bounds.
    public init(_ fields: inout Fields) throws(APIError) {
        self.init(isWanted: try fields.bool("isWanted"))
    }

    /// The object as it is sent.
    public var json: JSONValue { ["isWanted": .bool(isWanted)] }
}

/// Says that a client's training gave no model, because the model diverged.
public struct FailureReport: Message {
    /// What happened, as a clause: "its loss is no finite number in epoch 1, batch 3".
    public var reason: String

    /// A failure for that reason.
    public init(reason: String) {
        self.reason = reason
    }

    /// What an object says that has come.
    /// - Throws: `APIError` where a member is missing, of another kind or out of bounds.
    public init(_ fields: inout Fields) throws(APIError) {
        self.init(reason: try fields.text("reason"))
    }

    /// The object as it is sent.
    public var json: JSONValue {
        ["reason": .string(reason.printable(byteLimit: Fields.textLimit))]
    }
}

/// The answer to an update that has been taken.
public struct UpdateReceipt: Message {
    /// The round that it counts in.
    public var round: Int
    /// Whether the same bytes had been taken before: then nothing has changed.
    public var isRepeat: Bool

    /// A receipt.
    public init(round: Int, isRepeat: Bool) {
        self.round = round
        self.isRepeat = isRepeat
    }

    /// What an object says that has come.
    /// - Throws: `APIError` where a member is missing, of another kind or out of bounds.
    public init(_ fields: inout Fields) throws(APIError) {
        self.init(
            round: try fields.int("round", in: 1...Int(Int32.max)),
            isRepeat: try fields.bool("isRepeat"))
    }

    /// The object as it is sent.
    public var json: JSONValue { ["round": .integer(round), "isRepeat": .bool(isRepeat)] }
}
