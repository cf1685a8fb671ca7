import Datasets
import JSON
import NeuralNetworks
import Training

/// What a setting can hold: known by its JSON, which logs, stores and spec files have, and by the word
/// that is typed for it.
protocol SettingValue: Sendable {
    /// What sort it is.
    static var kind: Setting.Kind { get }
    /// The JSON of a word; nil where it is none of these values.
    /// - Throws: `SettingsError` where a file that it names is the reason.
    static func json(word: String) throws(SettingsError) -> JSONValue?
    /// The value of that JSON.
    init(json: JSONValue) throws(ValueProblem)
    /// Null for none.
    var json: JSONValue { get }
}

/// Why JSON is not a setting's value.
enum ValueProblem: Error {
    /// It is of another sort.
    case kind
    /// It is of that sort, and means nothing.
    case meaning(SettingsError)
}

extension Optional: SettingValue where Wrapped: SettingValue {
    static var kind: Setting.Kind { Wrapped.kind }
    static func json(word: String) throws(SettingsError) -> JSONValue? {
        try Wrapped.json(word: word)
    }
    init(json: JSONValue) throws(ValueProblem) {
        self = json == .null ? nil : try Wrapped(json: json)
    }
    var json: JSONValue { self?.json ?? .null }
}

extension Int: SettingValue {
    static var kind: Setting.Kind { .whole }
    static func json(word: String) -> JSONValue? { Int(word).map(JSONValue.integer) }
    init(json: JSONValue) throws(ValueProblem) {
        guard case .integer(let value) = json else { throw .kind }
        self = value
    }
    var json: JSONValue { .integer(self) }
}

extension UInt64: SettingValue {
    static var kind: Setting.Kind { .whole }
    static func json(word: String) -> JSONValue? { UInt64(word).map { JSONValue($0) } }
    init(json: JSONValue) throws(ValueProblem) {
        switch json {
        case .integer(let value) where value >= 0: self = UInt64(value)
        case .unsigned(let value): self = value
        default: throw .kind
        }
    }
    var json: JSONValue { JSONValue(self) }
}

extension Double: SettingValue {
    static var kind: Setting.Kind { .number }
    static func json(word: String) -> JSONValue? { Double(word)?.json }
    init(json: JSONValue) throws(ValueProblem) {
        guard json != .null, let value = json.double else { throw .kind }
        self = value
    }
    /// Whole numbers of less than 16 digits without a point, as `JSONEncoder` writes them.
    var json: JSONValue {
        guard magnitude < 1e15, self != 0 || sign == .plus, let whole = Int(exactly: self) else {
            return .number(self)
        }
        return .integer(whole)
    }
}

extension Float: SettingValue {
    static var kind: Setting.Kind { .number }
    static func json(word: String) -> JSONValue? { Float(word)?.json }
    init(json: JSONValue) throws(ValueProblem) { self = Float(try Double(json: json)) }
    /// The number that it prints as, of which it is the nearest: 0.1, not 0.10000000149011612.
    var json: JSONValue { (Double("\(self)") ?? Double(self)).json }
}

extension Bool: SettingValue {
    static var kind: Setting.Kind { .flag }
    static func json(word: String) -> JSONValue? { Bool(word).map(JSONValue.bool) }
    init(json: JSONValue) throws(ValueProblem) {
        guard case .bool(let value) = json else { throw .kind }
        self = value
    }
    var json: JSONValue { .bool(self) }
}

extension String: SettingValue {
    static var kind: Setting.Kind { .text }
    static func json(word: String) -> JSONValue? { .string(word) }
    init(json: JSONValue) throws(ValueProblem) {
        guard case .string(let value) = json else { throw .kind }
        self = value
    }
    var json: JSONValue { .string(self) }
}

/// Names, however they are spelled.
protocol NamedSettingValue: SettingValue, CaseIterable, RawRepresentable where RawValue == String {}

extension NamedSettingValue {
    static var kind: Setting.Kind { .choice(allCases.map(\.rawValue)) }
    static func json(word: String) -> JSONValue? {
        Self(spelled: word).map { .string($0.rawValue) }
    }
    init(json: JSONValue) throws(ValueProblem) {
        guard case .string(let name) = json, let value = Self(spelled: name) else { throw .kind }
        self = value
    }
    var json: JSONValue { .string(rawValue) }
}

extension StrategyName: NamedSettingValue {}
extension ScalingChoice: NamedSettingValue {}
extension Engine: NamedSettingValue {}
extension LocalOptimizer.Kind: NamedSettingValue {}

extension LearningRateSchedule: SettingValue {
    static var kind: Setting.Kind { .text }
    static func json(word: String) -> JSONValue? { .string(word) }
    init(json: JSONValue) throws(ValueProblem) {
        let text = try String(json: json)
        guard let value = LearningRateSchedule(text) else { throw .meaning(.schedule(text)) }
        self = value
    }
    var json: JSONValue { .string(description) }
}

extension Augmentation: SettingValue {
    static var kind: Setting.Kind { .text }
    static func json(word: String) -> JSONValue? { .string(word) }
    init(json: JSONValue) throws(ValueProblem) {
        let text = try String(json: json)
        guard let value = Augmentation(text) else { throw .meaning(.augmentation(text)) }
        self = value
    }
    var json: JSONValue { .string(description) }
}

extension ClientWeighting: SettingValue {
    static var kind: Setting.Kind { .text }
    static func json(word: String) -> JSONValue? { .string(word) }
    init(json: JSONValue) throws(ValueProblem) {
        let text = try String(json: json)
        guard let value = ClientWeighting(text) else { throw .meaning(.weighting(text)) }
        self = value
    }
    var json: JSONValue { .string(description) }
}

extension Loss.Kind: NamedSettingValue {}

extension Experiment: SettingValue {
    static var kind: Setting.Kind { .choice(allCases.map { "\($0.rawValue)" }) }
    static func json(word: String) -> JSONValue? { Int.json(word: word) }
    init(json: JSONValue) throws(ValueProblem) {
        let number = try Int(json: json)
        guard let value = Experiment(rawValue: number) else {
            throw .meaning(.experiment(number))
        }
        self = value
    }
    var json: JSONValue { .integer(rawValue) }
}

extension Partition: SettingValue {
    static var kind: Setting.Kind { .text }
    static func json(word: String) -> JSONValue? { .string(word) }
    init(json: JSONValue) throws(ValueProblem) {
        let text = try String(json: json)
        do throws(PartitionError) {
            self = try Partition(argument: text)
        } catch {
            throw .meaning(.partition(error))
        }
    }
    var json: JSONValue { .string(description) }
}

extension BatchSize: SettingValue {
    static var kind: Setting.Kind { .wholeOrAll }
    static func json(word: String) -> JSONValue? { BatchSize(argument: word)?.json }
    init(json: JSONValue) throws(ValueProblem) {
        switch json {
        case .integer(let count): self = .samples(count)
        case .string(let text) where text.lowercased() == "all": self = .all
        default: throw .kind
        }
    }
    var json: JSONValue { count.map(JSONValue.integer) ?? "all" }
}

extension CohortSize: SettingValue {
    static var kind: Setting.Kind { .number }
    static func json(word: String) -> JSONValue? { CohortSize(argument: word)?.json }
    init(json: JSONValue) throws(ValueProblem) {
        switch json {
        case .integer(let count): self = .count(count)
        case .number(let part): self = .fraction(part)
        case .string(let text):
            guard let size = CohortSize(argument: text) else { throw .kind }
            self = size
        default: throw .kind
        }
    }
    /// JSON does not tell 1 from 1.0, so that whole fractions are texts.
    var json: JSONValue {
        switch self {
        case .count(let count): .integer(count)
        case .fraction(let part) where part == part.rounded(): .string(description)
        case .fraction(let part): .number(part)
        }
    }
}
