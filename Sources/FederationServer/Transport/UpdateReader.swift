import FederationWire
import Hummingbird
import NIOCore
import Platform

/// A connection broke in the middle of a body.
struct BodyBroken: Error {}

/// Reads the models that clients upload, within the memory that there is for them.
struct UpdateReader: Sendable {
    let limits: ServerLimits
    let counters: Counters
    let workers: Workers
    let slots: UploadSlots
    let listedSlots: UploadSlots
    /// Places for what clients fetch each for itself.
    let correctionSlots: UploadSlots

    init(
        limits: ServerLimits, time: any TimeSource, counters: Counters, workers: Workers
    ) {
        self.limits = limits
        self.counters = counters
        self.workers = workers
        slots = UploadSlots(count: limits.uploadSlots, time: time)
        listedSlots = UploadSlots(count: limits.listedUploadSlots, time: time)
        correctionSlots = UploadSlots(
            count: limits.uploadSlots, of: "corrections", time: time)
    }

    /// Reads a binary update, refusing it at the first byte that is wrong.
    func binary(
        _ request: Request, on connection: Connection, expecting expectation: ModelExpectation
    ) async throws -> IncomingUpdate {
        if let type = request.headers[.contentType], type != Route.modelMediaType {
            throw Self.wrongType(type, expected: Route.modelMediaType)
        }
        let slot = try await slots.acquire(timeoutSeconds: limits.slotWaitSeconds)
        connection.admitBody(in: slot)
        var decoder = ModelDecoder(expecting: expectation)
        try await forEachChunk(of: request) { chunk throws(APIError) in
            let result = chunk.withUnsafeReadableBytes { bytes in
                Result { () throws(ModelBodyError) in try decoder.append(bytes) }
            }
            if case .failure(let error) = result { throw error.apiError }
        }
        let body: ModelBody
        do throws(ModelBodyError) {
            body = try decoder.finish()
        } catch {
            throw error.apiError
        }
        let header = body.header
        try Self.check(body.report, samples: header.sampleCount)
        counters.count(received: header.bodyByteCount)
        return IncomingUpdate(
            client: header.client, round: header.round, sampleCount: header.sampleCount,
            value: body.value, report: body.report, checksum: body.checksum,
            byteCount: header.bodyByteCount, origin: .binary, slot: slot)
    }

    /// Makes sure that what a client says of its samples goes with how many there are: it is recorded.
    private static func check(_ report: UpdateReport?, samples: Int) throws(APIError) {
        guard let counts = report?.classCounts else { return }
        let sum = counts.reduce(0, +)
        guard sum == samples else {
            throw APIError(
                .invalidField,
                "“classCounts” adds up to \(sum): expected \(samples), the update's samples",
                expected: .integer(samples), got: .integer(sum))
        }
    }

    /// Reads an update that comes as nested lists.
    func listed(
        _ request: Request, on connection: Connection, _ admission: Coordinator.PlainAdmission,
        client: Int
    ) async throws -> IncomingUpdate {
        let slot = try await listedSlots.acquire(timeoutSeconds: limits.listedSlotWaitSeconds)
        connection.admitBody(in: slot)
        let text = try await bytes(of: request, limit: limits.listedUpdateBytes)
        let layout = admission.layout
        let byteCount = text.count
        let result = await workers.convert {
            Result { () throws(WeightsError) in try WeightsJSON.decode(text, layout: layout) }
        }
        counters.count(received: byteCount)
        switch result {
        case .success(let parameters):
            return IncomingUpdate(
                client: client, round: admission.round, sampleCount: admission.sampleCount,
                value: .model(parameters), byteCount: byteCount, origin: .plain, slot: slot)
        case .failure(let error): throw error.apiError
        }
    }

    /// A body that brings a message.
    func message<Body: Message>(_ request: Request, _ type: Body.Type) async throws -> Body {
        try Body(decoding: try await bytes(of: request, limit: limits.messageBytes))
    }

    /// A whole body. `RequestGuard` lets no longer one come; this makes sure for its own part.
    private func bytes(of request: Request, limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length <= limit {
            bytes.reserveCapacity(length)
        }
        try await forEachChunk(of: request) { chunk throws(APIError) in
            bytes += chunk.readableBytesView
            guard bytes.count <= limit else {
                throw APIError(
                    .tooLarge, "the body goes on: expected at most \(limit)",
                    expected: .integer(limit))
            }
        }
        return bytes
    }

    /// - Throws: what `body` throws, `RequestGuard.Refused`, or `BodyBroken`.
    private func forEachChunk(
        of request: Request, _ body: (ByteBuffer) throws(APIError) -> Void
    ) async throws {
        do {
            for try await chunk in request.body { try body(chunk) }
        } catch let error as APIError {
            throw error
        } catch let refused as RequestGuard.Refused {
            throw refused
        } catch {
            throw BodyBroken()
        }
    }

    private static func wrongType(_ type: String, expected: String) -> APIError {
        APIError(
            .wrongContentType, "the body is of another type: expected \(expected)",
            expected: .string(expected), got: .string(String(type.prefix(60))))
    }
}
