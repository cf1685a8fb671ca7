import Federation

/// Why bytes are not the binary body that was expected.
public enum ModelBodyError: Error, Hashable, Sendable {
    /// A byte of the header is not what this request needs; both values in words.
    case wrongHeader(ModelHeader.Field, byte: Int, expected: String, got: String)
    /// The update's number of samples is not in 1 ..< 2²⁹.
    case sampleCountOutOfRange(UInt64)
    /// The body ends too early; both in bytes.
    case truncated(got: Int, expected: Int)
    /// More bytes come than the header says.
    case tooLong(expected: Int)
    /// A parameter is NaN or infinite.
    case notFinite(NonFiniteNumber, ParameterPlace)
    /// The bytes are not those that were sent; both checksums in hexadecimal.
    case wrongChecksum(expected: String, got: String)
}

extension ModelBodyError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .wrongHeader(let field, let byte, let expected, let got):
            "byte \(byte) of the body: its \(field.rawValue) is \(got): expected \(expected)"
        case .sampleCountOutOfRange(let count):
            """
            byte \(ModelHeader.Field.samples.range.lowerBound) of the body: its samples are \
            \(count): expected 1 to \(SampleCount.allowed.upperBound)
            """
        case .truncated(let got, let expected):
            "the body ends after \(got) bytes: expected \(expected)"
        case .tooLong(let expected):
            "the body goes on after \(expected) bytes, which is all that its header says"
        case .notFinite(let number, let place):
            "\(place) is \(number): expected a finite number"
        case .wrongChecksum(let expected, let got):
            "the body's bytes have the checksum \(got): its header says \(expected)"
        }
    }
}

extension ModelBodyError {
    /// The error as both APIs answer with it.
    public var apiError: APIError {
        switch self {
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
        }
    }
}
