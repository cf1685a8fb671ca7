import Federation
import JSON
import Platform

/// Reads an object's members one by one, with errors that name the key and what was expected.
public struct Fields: Sendable {
    private let members: [String: JSONValue]

    /// The members of an object.
    public init(_ members: [String: JSONValue]) {
        self.members = members
    }

    /// Any value; nil where the key is missing or null.
    public func value(_ key: String) -> JSONValue? {
        members[key] == .null ? nil : members[key]
    }

    func failure(
        _ key: String, _ expected: String, _ code: APIError.Code = .invalidField
    ) -> APIError {
        guard let value = members[key] else {
            return APIError(
                code, "“\(key)” is missing: expected \(expected)", expected: .string(expected))
        }
        return APIError(
            code, "“\(key)” is \(value.shown): expected \(expected)", expected: .string(expected),
            got: value.isSmall ? value : .string(value.kind))
    }

    /// A whole number.
    public func int(
        _ key: String, in range: ClosedRange<Int>, _ code: APIError.Code = .invalidField
    ) throws(APIError) -> Int {
        guard case .integer(let value)? = members[key], range.contains(value) else {
            throw failure(
                key, "a whole number from \(range.lowerBound) to \(range.upperBound)", code)
        }
        return value
    }

    /// A whole number from 0 to 2⁶⁴ − 1.
    public func unsigned(_ key: String) throws(APIError) -> UInt64 {
        switch members[key] {
        case .unsigned(let value): return value
        case .integer(let value) where value >= 0: return UInt64(value)
        default: throw failure(key, "a whole number from 0 to \(UInt64.max)")
        }
    }

    /// A number, whole or not.
    public func number(_ key: String) throws(APIError) -> Double {
        switch members[key] {
        case .integer(let value): return Double(value)
        case .unsigned(let value): return Double(value)
        case .number(let value): return value
        default: throw failure(key, "a number")
        }
    }

    /// A number, whole or not; nil where the key is missing or null.
    public func optionalNumber(_ key: String) throws(APIError) -> Double? {
        value(key) == nil ? nil : try number(key)
    }

    /// Bytes that most texts may have.
    public static let textLimit = 1000

    /// A text of up to so many bytes, made printable: this is where texts of clients enter a server and
    /// those of a server its clients.
    public func text(_ key: String, bytes limit: Int = textLimit) throws(APIError) -> String {
        guard case .string(let text)? = members[key], text.utf8.count <= limit else {
            throw failure(key, "a text of up to \(limit) bytes")
        }
        return text.printable(byteLimit: limit)
    }

    /// true or false.
    public func bool(_ key: String) throws(APIError) -> Bool {
        guard case .bool(let value)? = members[key] else { throw failure(key, "true or false") }
        return value
    }

    /// A list of 1 to 8 whole numbers.
    public func ints(
        _ key: String, in range: ClosedRange<Int>
    ) throws(APIError) -> [Int] {
        let expected = "1 to 8 whole numbers from \(range.lowerBound) to \(range.upperBound)"
        guard case .array(let elements)? = members[key], (1...8).contains(elements.count) else {
            throw failure(key, expected)
        }
        var values: [Int] = []
        for element in elements {
            guard case .integer(let value) = element, range.contains(value) else {
                throw failure(key, expected)
            }
            values.append(value)
        }
        return values
    }

    /// A message within the message; nil where it is missing or null.
    public func message<Inner: Message>(
        _ key: String, _ type: Inner.Type
    ) throws(APIError) -> Inner? {
        guard let value = value(key) else { return nil }
        guard case .object(let members) = value else { throw failure(key, "an object or null") }
        var fields = Fields(members)
        return try Inner(&fields)
    }
}

extension JSONValue {
    /// Whether an error may repeat it whole.
    fileprivate var isSmall: Bool {
        switch self {
        case .array, .object: false
        case .string(let text): text.utf8.count <= 100
        default: true
        }
    }
}
