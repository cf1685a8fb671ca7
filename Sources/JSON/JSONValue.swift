import Foundation

/// Any JSON value, with whole numbers kept apart from fractions.
public enum JSONValue: Hashable, Sendable {
    /// null.
    case null
    /// true or false.
    case bool(Bool)
    /// A whole number that fits in 64 bits with sign.
    case integer(Int)
    /// A whole number from 2⁶³ to 2⁶⁴ − 1.
    case unsigned(UInt64)
    /// Any other number; NaN and infinities are written as null.
    case number(Double)
    /// A text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Members by name, written in the order of names.
    case object([String: JSONValue])

    /// The value that an `Encodable` encodes as.
    /// - Throws: what `JSONEncoder` throws, for instance at NaN.
    public init(encoding value: some Encodable) throws {
        let data = try JSONEncoder().encode(value)
        var scanner = JSONScanner([UInt8](data))
        self = try scanner.document()
    }

    /// The value that JSON text stands for.
    /// - Throws: `JSONError`.
    public init(decoding bytes: [UInt8]) throws(JSONError) {
        var scanner = JSONScanner(bytes)
        self = try scanner.document()
    }

    /// The value as JSON text; keys are sorted, and what is not finite is null.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        var writer = JSONWriter(capacity: 1024) { (chunk: [UInt8]) throws(Never) in bytes += chunk }
        writer.value(self)
        writer.finish()
        return bytes
    }

    /// A whole number of 64 bits without sign.
    public init(_ value: UInt64) {
        self = Int(exactly: value).map(JSONValue.integer) ?? .unsigned(value)
    }

    /// The members of an object by name; nothing for another value.
    package var members: [String: JSONValue] {
        if case .object(let members) = self { members } else { [:] }
    }

    /// The number, also where it is whole; null is NaN.
    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .number(let value): value
        case .null: .nan
        default: nil
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// A number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// true or false.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A list.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object; of two members of one name the last counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
    /// null.
    public init(nilLiteral: ()) { self = .null }
}

/// Why bytes are not the JSON that was expected.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Position of the offending byte, from 0.
    public let position: Int
    /// What should have been there.
    public let expected: String

    package init(position: Int, expected: String) {
        self.position = position
        self.expected = expected
    }

    /// Place and what was expected: "byte 7 of the JSON: expected …".
    public var description: String { "byte \(position) of the JSON: expected \(expected)" }
}
