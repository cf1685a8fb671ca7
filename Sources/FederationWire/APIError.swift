import Federation

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
        case wrongVersion = "wrong_version"
        case wrongChecksum = "wrong_checksum"
        case truncated = "truncated"
        // Who may.
        case unauthorized = "unauthorized"
        case wrongClient = "wrong_client"
        case forbidden = "forbidden"
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
        case tooManyRequests = "too_many_requests"
        case stopping = "stopping"

        /// The HTTP status that goes with it.
        public var status: Int {
            switch self {
            case .malformedJSON, .malformedBody, .invalidField, .invalidClient,
                .invalidSampleCount, .wrongShape, .notFinite, .outOfRange, .wrongVersion,
                .wrongChecksum, .truncated:
                400
            case .unauthorized: 401
            case .wrongClient, .forbidden: 403
            case .notFound, .unknownClient, .unknownRun: 404
            case .methodNotAllowed: 405
            case .tooSlow: 408
            case .wrongArchitecture, .wrongRound, .noRoundOpen, .notInCohort, .duplicate,
                .conflictingUpdate, .samplesMissing, .runInProgress, .tooManyClients,
                .clientTaken:
                409
            case .lengthRequired: 411
            case .tooLarge: 413
            case .wrongContentType: 415
            case .tooManyRequests: 429
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
            "code": .string(code.rawValue), "message": .string(message),
            "expected": expected ?? nil, "got": got ?? nil,
        ]
    }
}

extension APIError: CustomStringConvertible {
    public var description: String { message }
}

/// A text from outside as an error may repeat it: no control characters, at most 60 characters.
func printable(_ text: some StringProtocol) -> String {
    let shown = text.unicodeScalars.prefix(60).map { scalar in
        scalar.value < 0x20 || scalar.value == 0x7F
            ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
    return shown.joined() + (text.unicodeScalars.count > 60 ? "…" : "")
}
