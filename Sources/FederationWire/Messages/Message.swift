import Federation
import JSON

/// What travels as a JSON object.
public protocol Message: Hashable, Sendable {
    /// Reads it from an object's members.
    init(_ fields: inout Fields) throws(APIError)
    /// The object.
    var json: JSONValue { get }
}

extension Message {
    /// Reads a body of JSON: one object, no key twice, at most 64 levels deep.
    ///
    /// Keys that are not known are passed over, so that a later version may add some.
    /// - Throws: `APIError` with the code `malformed_json` or `invalid_field`.
    public init(decoding bytes: [UInt8]) throws(APIError) {
        var scanner = JSONScanner(bytes)
        let value: JSONValue
        do throws(JSONError) {
            value = try scanner.document()
        } catch {
            throw APIError(.malformedJSON, "\(error)")
        }
        guard case .object(let members) = value else {
            throw APIError(.malformedJSON, "the body is \(value.kind): expected an object")
        }
        var fields = Fields(members)
        try self.init(&fields)
    }

    /// The body of JSON.
    public func encoded() -> [UInt8] { json.encoded() }
}

extension JSONValue {
    /// What sort of value it is, with its article.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer, .unsigned, .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// The value as an error names it.
    var shown: String {
        switch self {
        case .integer(let value): "\(value)"
        case .unsigned(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): "“\(printable(value))”"
        default: kind
        }
    }
}
