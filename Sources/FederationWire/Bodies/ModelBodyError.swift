import Federation
import JSON

/// Why bytes are not the binary body that was expected.
public enum ModelBodyError: Error, Hashable, Sendable {
    /// The body is one of version 1, with what is here in its place.
    case outdated(ModelHeader.Kind)
    /// A byte of the header is not what this request needs; both values in words.
    case wrongHeader(ModelHeader.Field, byte: Int, expected: String, got: String)
    /// The update's number of samples is not in 1 ..< 2²⁹.
    case sampleCountOutOfRange(UInt64)
    /// A row of the table, from 1, is not what this body may have; both values in words.
    case wrongSection(Int, ModelSection.Field, expected: String, got: String)
    /// The vector is written in a way that is not known or not wanted here.
    case unknownEncoding(String, known: [String])
    /// An index of a sparse vector, its entries counted from 0, is out of range or not above the last.
    case wrongIndex(entry: Int, expected: Range<Int>, got: UInt32)
    /// The body ends too early; both in bytes.
    case truncated(got: Int, expected: Int)
    /// More bytes come than the header says.
    case tooLong(expected: Int)
    /// A parameter is NaN or infinite.
    case notFinite(NonFiniteNumber, ParameterPlace)
    /// The bytes are not those that were sent; both checksums in hexadecimal.
    case wrongChecksum(expected: String, got: String)
    /// The report is not what it should be.
    case wrongReport(APIError)
}

extension ModelBodyError: CustomStringConvertible {
    /// One sentence that names the value, its place and what was expected.
    public var description: String {
        switch self {
        case .outdated(let kind):
            "this is version 1 of the body: expected version \(ModelHeader.version); update the "
                + (kind == .update ? "client" : "server")
        case .wrongHeader(let field, let byte, let expected, let got):
            "byte \(byte) of the body: its \(field.rawValue) is \(got): expected \(expected)"
        case .sampleCountOutOfRange(let count):
            """
            byte \(ModelHeader.Field.samples.range.lowerBound) of the body: its samples are \
            \(count): expected 1 to \(SampleCount.allowed.upperBound)
            """
        case .wrongSection(let number, let field, let expected, let got):
            "section \(number) of the body: its \(field.rawValue) is \(got): expected \(expected)"
        case .unknownEncoding(let name, let known):
            "the body is written as “\(name)”: expected \(Self.list(known))"
        case .wrongIndex(let entry, let expected, let got):
            expected.isEmpty
                ? "entry \(entry) of the body is parameter \(got): expected no more entries"
                : "entry \(entry) of the body is parameter \(got): expected one from "
                    + "\(expected.lowerBound) to \(expected.upperBound - 1)"
        case .truncated(let got, let expected):
            "the body ends after \(got) bytes: expected \(expected)"
        case .tooLong(let expected):
            "the body goes on after \(expected) bytes, which is all that its header says"
        case .notFinite(let number, let place):
            "\(place) is \(number): expected a finite number"
        case .wrongChecksum(let expected, let got):
            "the body's bytes have the checksum \(got): its header says \(expected)"
        case .wrongReport(let error): "the body's report: \(error.message)"
        }
    }

    /// "“a”", "“a” or “b”", "“a”, “b” or “c”".
    static func list(_ names: [String]) -> String {
        let quoted = names.map { "“\($0)”" }
        guard quoted.count > 1, let last = quoted.last else { return quoted.first ?? "none" }
        return quoted.dropLast().joined(separator: ", ") + " or \(last)"
    }
}

extension ModelBodyError {
    /// The error as both APIs answer with it.
    public var apiError: APIError {
        switch self {
        case .outdated:
            return APIError(
                .wrongVersion, description, expected: .integer(Int(ModelHeader.version)), got: 1)
        case .wrongHeader(let field, _, let expected, let got):
            let code: APIError.Code =
                switch field {
                case .version: .wrongVersion
                case .round: .wrongRound
                case .run: .unknownRun
                case .client: .wrongClient
                case .architecture: .wrongArchitecture
                default: .malformedBody
                }
            return APIError(code, description, expected: .string(expected), got: .string(got))
        case .sampleCountOutOfRange(let count):
            return APIError(
                .invalidSampleCount, description,
                expected: .string("1 to \(SampleCount.allowed.upperBound)"),
                got: JSONValue(count))
        case .wrongSection(_, _, let expected, let got):
            return APIError(
                .malformedBody, description, expected: .string(expected), got: .string(got))
        case .unknownEncoding(let name, let known):
            return APIError(
                .unknownEncoding, description, expected: .array(known.map(JSONValue.string)),
                got: .string(name))
        case .wrongIndex(_, _, let got):
            return APIError(.malformedBody, description, got: .integer(Int(got)))
        case .truncated(let got, let expected):
            return APIError(
                .truncated, description, expected: .integer(expected), got: .integer(got))
        case .tooLong(let expected):
            return APIError(.tooLarge, description, expected: .integer(expected))
        case .notFinite(let number, _):
            return APIError(
                .notFinite, description, expected: "a finite number", got: .string("\(number)"))
        case .wrongChecksum(let expected, let got):
            return APIError(
                .wrongChecksum, description, expected: .string(expected), got: .string(got))
        case .wrongReport(let error):
            return APIError(
                error.code, description, expected: error.expected, got: error.got)
        }
    }
}
