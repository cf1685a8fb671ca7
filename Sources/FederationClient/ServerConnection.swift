import AsyncHTTPClient
import FederationWire
import HTTPCalls
import NIOCore
import NIOHTTP1

/// Why an attempt gave no answer that can be used.
enum AttemptError: AttemptFailure {
    /// Nothing or nobody answered, or not now: it is worth trying again.
    case away(reason: String, afterSeconds: Double? = nil)
    /// The server's answer is no.
    case refused(APIError)
    /// There is no use in trying again.
    case fatal(ClientError)
    /// The client is to stop.
    case cancelled

    var retry: (reason: String, afterSeconds: Double)? {
        guard case .away(let reason, let afterSeconds) = self else { return nil }
        return (reason, afterSeconds ?? 0)
    }

    var thrown: any Error {
        switch self {
        case .fatal(let error): error
        case .cancelled: CancellationError()
        case .refused, .away: self
        }
    }

    /// The error as it leaves this module, where it ends a client.
    var clientError: ClientError? {
        switch self {
        case .refused(let error): .refused(error)
        case .fatal(let error): error
        case .away, .cancelled: nil
        }
    }
}

/// One attempt at each request: what goes over the wire, and what its answer means.
struct ServerConnection: Sendable {
    /// Bytes of an answer in JSON.
    static let answerLimit = 1 << 20
    /// Seconds that a message may take.
    private static let messageSeconds: Int64 = 30
    /// Seconds that a model may take.
    static let modelSeconds: Int64 = 600

    let address: ServerAddress
    let client: HTTPClient
    let token: AccessToken?

    /// A client with that server's certificates.
    static func makeClient(certificateFile: String?) throws(ClientError) -> HTTPClient {
        do {
            // Silence longer than the longest poll.
            return try HTTPClient.forCalls(certificateFile: certificateFile, readSeconds: 90)
        } catch {
            throw .certificateFile(path: certificateFile ?? "", reason: error.reason)
        }
    }

    // MARK: Requests

    func settings() async throws(AttemptError) -> RunSettings {
        try await message(.run, Route.run.path())
    }

    func register(_ registration: Registration, _ seat: Seat) async throws(AttemptError) {
        _ = try await exchange(
            .register, Route.register.path(seat.run, seat.client), registration.encoded())
    }

    func leave(_ seat: Seat) async throws(AttemptError) {
        _ = try await exchange(.leave, Route.leave.path(seat.run, seat.client), seconds: 2)
    }

    func nextTask(_ seat: Seat, pollSeconds: Double) async throws(AttemptError) -> NextTask {
        try await message(
            .nextTask, Route.nextTask.path(seat.run, seat.client),
            seconds: Int64(pollSeconds) + 15)
    }

    func heartbeat(_ beat: Heartbeat, _ seat: Seat) async throws(AttemptError) -> HeartbeatAnswer {
        try await message(
            .heartbeat, Route.heartbeat.path(seat.run, seat.client), beat.encoded(), seconds: 5)
    }

    func report(_ report: FailureReport, round: Int, _ seat: Seat) async throws(AttemptError) {
        _ = try await exchange(
            .failure, Route.failure.path(seat.run, round, seat.client), report.encoded())
    }

    func upload(
        _ body: ByteBuffer, round: Int, _ seat: Seat
    ) async throws(AttemptError) -> UpdateReceipt {
        let response = try await respond(
            .update, Route.update.path(seat.run, round, seat.client), body,
            type: Route.modelMediaType, seconds: Self.modelSeconds)
        return try decoded(try await bytes(of: response))
    }

    /// The last committed global model; nil where it is still the one with that tag.
    func model(
        _ expectation: ModelExpectation, ifNot tag: String?
    ) async throws(AttemptError) -> ModelBody? {
        var headers: [(String, String)] = []
        if let tag { headers.append(("If-None-Match", tag)) }
        return try await body(
            .model, Route.model.path(expectation.run), expectation, "global model",
            headers: headers)
    }

    /// What a client corrects its steps by.
    func correction(
        _ expectation: ModelExpectation
    ) async throws(AttemptError) -> ModelBody {
        let path = Route.correction.path(expectation.run, expectation.client)
        guard let body = try await body(.correction, path, expectation, "correction") else {
            throw .fatal(.notAServer(address, reason: "it answers 304 to \(path)"))
        }
        return body
    }

    /// A binary body; nil where the answer is 304.
    private func body(
        _ route: Route, _ path: String, _ expectation: ModelExpectation, _ name: String,
        headers: [(String, String)] = []
    ) async throws(AttemptError) -> ModelBody? {
        let response = try await respond(
            route, path, nil, headers: headers, seconds: Self.modelSeconds)
        if response.status == .notModified { return nil }
        var decoder = ModelDecoder(expecting: expectation)
        do {
            for try await chunk in response.body {
                try chunk.withUnsafeReadableBytes { try decoder.append($0) }
            }
            return try decoder.finish()
        } catch let error as ModelBodyError {
            switch error {
            case .truncated, .wrongChecksum: throw .away(reason: "the \(name): \(error)")
            default: throw .fatal(.notAServer(address, reason: "its \(name): \(error)"))
            }
        } catch {
            throw await away(error)
        }
    }

    // MARK: Exchange

    private func message<Answer: Message>(
        _ route: Route, _ path: String, _ body: [UInt8]? = nil, seconds: Int64 = messageSeconds
    ) async throws(AttemptError) -> Answer {
        try decoded(try await exchange(route, path, body, seconds: seconds))
    }

    private func decoded<Answer: Message>(_ bytes: [UInt8]) throws(AttemptError) -> Answer {
        do throws(APIError) {
            return try Answer(decoding: bytes)
        } catch {
            // Another version of ours is a server all the same.
            throw error.code == .wrongVersion
                ? .fatal(.cannotTalk(address, reason: error.message))
                : .fatal(.notAServer(address, reason: error.message))
        }
    }

    /// Sends a message and collects the answer.
    func exchange(
        _ route: Route, _ path: String, _ body: [UInt8]? = nil, seconds: Int64 = messageSeconds,
        limit: Int = answerLimit
    ) async throws(AttemptError) -> [UInt8] {
        let response = try await respond(
            route, path, body.map { ByteBuffer(bytes: $0) }, type: Route.jsonMediaType,
            seconds: seconds)
        return try await bytes(of: response, upTo: limit)
    }

    /// The head of an answer that is no error.
    func respond(
        _ route: Route, _ path: String, _ body: ByteBuffer?, type: String = Route.jsonMediaType,
        headers: [(String, String)] = [], seconds: Int64
    ) async throws(AttemptError) -> HTTPClientResponse {
        var request = HTTPClientRequest(url: address.text + path)
        request.method = HTTPMethod(rawValue: route.method.rawValue)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token.text)") }
        if let body {
            request.headers.add(name: "Content-Type", value: type)
            request.body = .bytes(body)
        }
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, timeout: .seconds(seconds))
        } catch {
            throw await away(error)
        }
        switch response.status.code {
        case 200..<300, 304: return response
        default: throw try await refusal(response, of: path, byteCount: body?.readableBytes ?? 0)
        }
    }

    func bytes(
        of response: HTTPClientResponse, upTo limit: Int = answerLimit
    ) async throws(AttemptError) -> [UInt8] {
        do {
            return Array(buffer: try await response.body.collect(upTo: limit))
        } catch {
            throw await away(error)
        }
    }

    /// What an error's answer means, to a request for that path with a body of so many bytes.
    private func refusal(
        _ response: HTTPClientResponse, of path: String, byteCount: Int
    ) async throws(AttemptError) -> AttemptError {
        let status = response.status.code
        let error = try? APIError(decoding: try await bytes(of: response))
        if status >= 500 || status == 429 || status == 408 {
            return .away(
                reason: error?.message ?? "it answers \(status)",
                afterSeconds: response.headers.first(name: "Retry-After").flatMap(Double.init))
        }
        guard let error else {
            // Our servers say more. They refuse a body that is too large for them in their own words.
            if status == 413 { return .fatal(.bodyTooLarge(address, byteCount: byteCount)) }
            return .fatal(.notAServer(address, reason: "it answers \(status) to \(path)"))
        }
        return .refused(error)
    }

    private func away(_ error: any Error) async -> AttemptError {
        if Task.isCancelled || error is CancellationError { return .cancelled }
        let failure = await CallFailure.explaining(
            error, host: address.host, port: address.port, isSecure: address.isSecure)
        return failure.isFinal
            ? .fatal(.cannotTalk(address, reason: failure.reason)) : .away(reason: failure.reason)
    }
}

/// A client's place in a run.
struct Seat: Hashable, Sendable {
    var run: RunIdentifier
    var client: Int
}
