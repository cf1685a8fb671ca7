import Federation
import JSON

/// What a number may be.
public struct Bounds: Hashable, Sendable {
    /// The least, or what it must be above.
    public let low: Double
    /// Whether it may be `low` itself.
    public let takesLow: Bool
    /// The most, or what it must be below; nil for any finite number.
    public let high: Double?
    /// Whether it may be `high` itself.
    public let takesHigh: Bool
    /// For sentences: "above 0 and at most 1".
    public let words: String

    private init(
        from low: Double, takingLow takesLow: Bool = true, to high: Double? = nil,
        takingHigh takesHigh: Bool = true, _ words: String
    ) {
        self.low = low
        self.takesLow = takesLow
        self.high = high
        self.takesHigh = takesHigh
        self.words = words
    }

    /// 1 to 2³¹ − 1: random streams and messages number clients and rounds in 32 bits.
    public static let count = Bounds(from: 1, to: Double(countLimit), "at least 1")
    /// Above 0.
    public static let positive = Bounds(from: 0, takingLow: false, "above 0 and finite")
    /// At least 0.
    public static let nonNegative = Bounds(from: 0, "at least 0 and finite")
    /// From 0 to below 1.
    public static let decay = Bounds(from: 0, to: 1, takingHigh: false, "at least 0 and below 1")
    /// Above 0 and at most 1.
    public static let part = Bounds(from: 0, takingLow: false, to: 1, "above 0 and at most 1")

    /// Above 0 and below 1.
    static let inner = Bounds(
        from: 0, takingLow: false, to: 1, takingHigh: false, "above 0 and below 1")

    /// Above 0 and at most a limit, which `words` name.
    static func upTo(_ limit: Double, _ words: String) -> Bounds {
        Bounds(from: 0, takingLow: false, to: limit, words)
    }

    /// From one number to another.
    static func range(_ low: Int, _ high: Int) -> Bounds {
        Bounds(from: Double(low), to: Double(high), "\(low) to \(high)")
    }

    /// The largest count there is.
    public static let countLimit = RoundEngine.Configuration.countLimit

    /// Whether a number is within them; what is none, no bounds can hold.
    public func contains(_ value: Double) -> Bool {
        (takesLow ? value >= low : value > low)
            && (high.map { takesHigh ? value <= $0 : value < $0 } ?? value.isFinite)
    }

    /// Refuses a number that is not within them.
    /// - Parameter option: what it was given as.
    package func require(_ value: (some BinaryFloatingPoint)?, _ option: String)
        throws(SettingsError)
    {
        guard let value, !contains(Double(value)) else { return }
        throw .outOfRange(option: option, expected: words, found: "\(value)")
    }

    /// Refuses a count of less than 1 or of more than 32 bits.
    package static func require(count value: Int?, _ option: String) throws(SettingsError) {
        guard let value else { return }
        guard value >= 1 else { throw .notPositive(option: option, value: value) }
        guard value <= countLimit else {
            throw .tooLarge(option: option, value: value, limit: countLimit)
        }
    }

    /// They as JSON Schema has them.
    package var members: [String: JSONValue] {
        func number(_ value: Double) -> JSONValue { value.json }
        var members = [takesLow ? "minimum" : "exclusiveMinimum": number(low)]
        if let high { members[takesHigh ? "maximum" : "exclusiveMaximum"] = number(high) }
        return members
    }
}
