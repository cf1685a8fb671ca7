import Federation
import JSON
import Platform

/// What both APIs answer with where they refuse something: one body for every error.
///
/// ```
/// {"code": "wrong_round", "message": "round 3 is open, not round 2", "expected": 3, "got": 2}
/// ```
public struct APIError: Error, Hashable, Sendable {
    /// What kind of thing is wrong, for programs.
    public var code: Code
    /// What is wrong, where, and what was expected, in one sentence for people.
    public var message: String
    /// What was expected, where it can be said in a value.
    public var expected: JSONValue?
    /// What came instead.
    public var got: JSONValue?

    /// An error of that kind.
    public init(
        _ code: Code, _ message: String, expected: JSONValue? = nil, got: JSONValue? = nil
    ) {
        self.code = code
        self.message = message
        self.expected = expected
        self.got = got
    }

    /// Kinds of errors.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        // Requests that are wrong whatever the server's state.
        case malformedJSON = "malformed_json"
        case malformedBody = "malformed_body"
        case invalidField = "invalid_field"
        case invalidClient = "invalid_client"
        case invalidSampleCount = "invalid_sample_count"
        case wrongShape = "wrong_shape"
        case notFinite = "not_finite"
        case outOfRange = "out_of_range"
        /// One of the two is of an earlier version: the sentence says which is to be updated. Programs
        /// of version 1 know this code and show the sentence.
        case wrongVersion = "wrong_version"
        case wrongChecksum = "wrong_checksum"
        case truncated = "truncated"
        // Who may.
        case unauthorized = "unauthorized"
        case wrongClient = "wrong_client"
        case forbidden = "forbidden"
        case foreignOrigin = "foreign_origin"
        case wrongHost = "wrong_host"
        // What there is not.
        case notFound = "not_found"
        case unknownClient = "unknown_client"
        case unknownRun = "unknown_run"
        case methodNotAllowed = "method_not_allowed"
        // What the run's state forbids.
        case wrongArchitecture = "wrong_architecture"
        case wrongRound = "wrong_round"
        case noRoundOpen = "no_round_open"
        case notInCohort = "not_in_cohort"
        case duplicate = "duplicate"
        case conflictingUpdate = "conflicting_update"
        case samplesMissing = "samples_missing"
        case runInProgress = "run_in_progress"
        case tooManyClients = "too_many_clients"
        case clientTaken = "client_taken"
        // Limits.
        case tooSlow = "too_slow"
        case lengthRequired = "length_required"
        case tooLarge = "too_large"
        case wrongContentType = "wrong_content_type"
        case unknownEncoding = "unknown_encoding"
        case tooManyRequests = "too_many_requests"
        case stopping = "stopping"
        // What is the server's own fault.
        case serverError = "server_error"

        /// The HTTP status that goes with it.
        public var status: Int {
            switch self {
            case .malformedJSON, .malformedBody, .invalidField, .invalidClient,
                .invalidSampleCount, .wrongShape, .notFinite, .outOfRange, .wrongChecksum,
                .truncated:
                400
            case .unauthorized: 401
            case .wrongClient, .forbidden, .foreignOrigin: 403
            case .notFound, .unknownClient, .unknownRun: 404
            case .methodNotAllowed: 405
            case .tooSlow: 408
            case .wrongArchitecture, .wrongRound, .noRoundOpen, .notInCohort, .duplicate,
                .conflictingUpdate, .samplesMissing, .runInProgress, .tooManyClients,
                .clientTaken:
                409
            case .lengthRequired: 411
            case .tooLarge: 413
            case .wrongContentType, .unknownEncoding: 415
            case .wrongHost: 421
            case .wrongVersion: 426
            case .tooManyRequests: 429
            case .serverError: 500
            case .stopping: 503
            }
        }
    }

    /// The HTTP status that goes with it.
    public var status: Int { code.status }
}

extension APIError: Message {
    public init(_ fields: inout Fields) throws(APIError) {
        let name = try fields.text("code")
        guard let code = Code(rawValue: name) else {
            throw APIError(
                .invalidField, "“\(printable(name))” is no code of an error", got: .string(name))
        }
        self.init(
            code, try fields.text("message"), expected: fields.value("expected"),
            got: fields.value("got"))
    }

    public var json: JSONValue {
        [
            "code": .string(code.rawValue),
            "message": .string(message.printable(byteLimit: Fields.textLimit)),
            "expected": expected?.printable ?? nil, "got": got?.printable ?? nil,
        ]
    }
}

extension JSONValue {
    /// The value, made printable where it is a text, which may be one that came.
    fileprivate var printable: JSONValue {
        guard case .string(let text) = self else { return self }
        return .string(text.printable(byteLimit: Fields.textLimit))
    }
}

extension APIError: CustomStringConvertible {
    public var description: String { message }
}

/// A text from outside as an error may repeat it: nothing but what can be seen, at most 60 characters.
func printable(_ text: some StringProtocol) -> String { text.printable(limit: 60) }
