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
        /// The body is no JSON, or no object.
        case malformedJSON = "malformed_json"
        /// The body is none of the kind that was expected, or the request is no HTTP/1.1.
        case malformedBody = "malformed_body"
        /// A member or header is missing, of another kind or out of bounds.
        case invalidField = "invalid_field"
        /// The path has no client's id.
        case invalidClient = "invalid_client"
        /// A number of samples outside 1 ..< 2²⁹.
        case invalidSampleCount = "invalid_sample_count"
        /// A model of other tensors, or of other shapes, than the run's.
        case wrongShape = "wrong_shape"
        /// A number is NaN or infinite.
        case notFinite = "not_finite"
        /// A number too large to be summed, or below 0.
        case outOfRange = "out_of_range"
        /// One of the two is of an earlier version: the sentence says which is to be updated. Programs
        /// of version 1 know this code and show the sentence.
        case wrongVersion = "wrong_version"
        /// The body's checksum is not that of its bytes.
        case wrongChecksum = "wrong_checksum"
        /// The body ended before it was whole.
        case truncated = "truncated"
        // Who may.
        /// The request has no token, or none that the server takes.
        case unauthorized = "unauthorized"
        /// The token is another client's.
        case wrongClient = "wrong_client"
        /// The token is not for this.
        case forbidden = "forbidden"
        /// A page of another site asks for a change.
        case foreignOrigin = "foreign_origin"
        /// The request names a host that the server is not.
        case wrongHost = "wrong_host"
        // What there is not.
        /// There is no such path.
        case notFound = "not_found"
        /// The run has no client of that id, or it has not registered.
        case unknownClient = "unknown_client"
        /// Another run is served now.
        case unknownRun = "unknown_run"
        /// The path takes other methods.
        case methodNotAllowed = "method_not_allowed"
        // What the run's state forbids.
        /// The client has another model than the run.
        case wrongArchitecture = "wrong_architecture"
        /// Another round is open, or the round has ended.
        case wrongRound = "wrong_round"
        /// No round takes updates now.
        case noRoundOpen = "no_round_open"
        /// The client has no place in the round.
        case notInCohort = "not_in_cohort"
        /// The client has reported in this round already.
        case duplicate = "duplicate"
        /// The client has sent another update of this round before.
        case conflictingUpdate = "conflicting_update"
        /// A plain client has not said how many samples it has.
        case samplesMissing = "samples_missing"
        /// A run is under way, and another may not be begun over it.
        case runInProgress = "run_in_progress"
        /// The run has no more places.
        case tooManyClients = "too_many_clients"
        /// Another connection is this client already.
        case clientTaken = "client_taken"
        // Limits.
        /// The request did not come within its time.
        case tooSlow = "too_slow"
        /// The body comes without its length.
        case lengthRequired = "length_required"
        /// The body or the headers are beyond their limit.
        case tooLarge = "too_large"
        /// The body is of another type, or packed.
        case wrongContentType = "wrong_content_type"
        /// A section is in an encoding that the server does not know.
        case unknownEncoding = "unknown_encoding"
        /// The client has as much under way as it may have.
        case tooManyRequests = "too_many_requests"
        /// The server is stopping: try again in a moment.
        case stopping = "stopping"
        // What is the server's own fault.
        /// The server cannot do it, and its operator has been told why.
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
    /// An error as a server sent it.
    /// - Throws: `APIError` where its code is not known.
    public init(_ fields: inout Fields) throws(APIError) {
        let name = try fields.text("code")
        guard let code = Code(rawValue: name) else {
            throw APIError(
                .invalidField, "“\(printable(name))” is no code of an error", got: .string(name))
        }
        self.init(
            code, try fields.text("message"), expected: fields.value("expected")?.printable,
            got: fields.value("got")?.printable)
    }

    /// The object as it is sent.
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
    /// Its message.
    public var description: String { message }
}

/// A text from outside as an error may repeat it: nothing but what can be seen, at most 60 characters.
func printable(_ text: some StringProtocol) -> String { text.printable(limit: 60) }
