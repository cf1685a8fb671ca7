import Federation
import JSON
import Platform

/// What a client says of its training beside the update: part of a body of the kind `update`.
public struct UpdateReport: Message {
    /// How long it trained, in seconds.
    public var seconds: Double?
    /// Samples that went through in that time, repeats counted.
    public var imageCount: Int?
    /// Mean loss over the last epoch, in nats.
    public var loss: Double?
    /// Training samples by class.
    public var classCounts: [Int]?
    /// What the client's transforms found, by name.
    public var numbers: [String: Double]

    /// How fast the training was; nil where that is not said, or nothing was trained.
    public var imagesPerSecond: Double? {
        guard let imageCount, let seconds, imageCount > 0, seconds > 0 else { return nil }
        return Double(imageCount) / seconds
    }

    /// Bytes that it may take as JSON.
    public static let byteLimit = 1 << 16

    /// A report.
    /// - Precondition: all numbers are finite.
    public init(
        seconds: Double? = nil, loss: Double? = nil, classCounts: [Int]? = nil,
        numbers: [String: Double] = [:], imageCount: Int? = nil
    ) {
        self.seconds = seconds
        self.imageCount = imageCount
        self.loss = loss
        self.classCounts = classCounts
        self.numbers = numbers
    }

    /// What an object says that has come.
    /// - Throws: `APIError` where a member is missing, of another kind or out of bounds.
    public init(_ fields: inout Fields) throws(APIError) {
        self.init(
            seconds: try fields.finite("seconds"), loss: try fields.finite("loss"),
            classCounts: try fields.classCounts("classCounts"),
            numbers: try fields.finiteNumbers("numbers"),
            imageCount: fields.value("images") == nil
                ? nil : try fields.int("images", in: 0...Int.max))
        guard (seconds ?? 0) >= 0 else { throw fields.failure("seconds", "a number from 0") }
    }

    /// The object as it is sent.
    public var json: JSONValue {
        var members: [String: JSONValue] = [:]
        members["seconds"] = seconds.map(JSONValue.number)
        members["images"] = imageCount.map(JSONValue.integer)
        members["loss"] = loss.map(JSONValue.number)
        members["classCounts"] = classCounts.map { .array($0.map(JSONValue.integer)) }
        if !numbers.isEmpty { members["numbers"] = .object(numbers.mapValues(JSONValue.number)) }
        return .object(members)
    }
}

extension Fields {
    /// A finite number; nil where the key is missing or null.
    fileprivate func finite(_ key: String) throws(APIError) -> Double? {
        guard let value = try optionalNumber(key) else { return nil }
        guard value.isFinite else { throw failure(key, "a finite number") }
        return value
    }

    fileprivate func classCounts(_ key: String) throws(APIError) -> [Int]? {
        guard let value = value(key) else { return nil }
        let expected = "a list of whole numbers from 0 to \(Int32.max)"
        guard case .array(let elements) = value else { throw failure(key, expected) }
        var counts: [Int] = []
        for element in elements {
            guard case .integer(let count) = element, (0...Int(Int32.max)).contains(count) else {
                throw failure(key, expected)
            }
            counts.append(count)
        }
        return counts
    }

    fileprivate func finiteNumbers(_ key: String) throws(APIError) -> [String: Double] {
        guard let value = value(key) else { return [:] }
        let expected = "an object of finite numbers"
        guard case .object(let members) = value else { throw failure(key, expected) }
        var numbers: [String: Double] = [:]
        for (name, member) in members {
            guard let number = member.double, number.isFinite else { throw failure(key, expected) }
            numbers[name.printable(byteLimit: Self.textLimit)] = number
        }
        return numbers
    }
}
