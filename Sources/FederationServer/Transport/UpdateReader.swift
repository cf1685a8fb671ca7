import FederationWire
import Hummingbird
import NIOCore
import Tensors

/// Reads the models that clients upload, within the memory that there is for them.
struct UpdateReader: Sendable {
    let limits: ServerLimits
    let counters: Counters
    let workers: Workers
    let slots: UploadSlots
    let listedSlots: UploadSlots

    init(limits: ServerLimits, counters: Counters, workers: Workers) {
        self.limits = limits
        self.counters = counters
        self.workers = workers
        slots = UploadSlots(count: limits.uploadSlots)
        listedSlots = UploadSlots(count: limits.listedUploadSlots)
    }

    /// Reads a binary update, refusing it at the first byte that is wrong.
    func binary(
        _ request: Request, on connection: Connection, expecting expectation: ModelExpectation
    ) async throws -> IncomingUpdate {
        if let type = request.headers[.contentType], type != Route.modelMediaType {
            throw Self.wrongType(type, expected: Route.modelMediaType)
        }
        let slot = try await slots.acquire(timeoutSeconds: limits.slotWaitSeconds)
        connection.admitBody()
        var decoder = ModelDecoder(expecting: expectation)
        for try await chunk in request.body {
            let result = chunk.withUnsafeReadableBytes { bytes in
                Result { () throws(ModelBodyError) in try decoder.append(bytes) }
            }
            if case .failure(let error) = result { throw error.apiError }
        }
        do throws(ModelBodyError) {
            let body = try decoder.finish()
            counters.count(received: body.header.bodyByteCount)
            return IncomingUpdate(
                client: body.header.client, round: body.header.round,
                sampleCount: body.header.sampleCount, parameters: body.parameters,
                checksum: body.checksum, byteCount: body.header.bodyByteCount, slot: slot)
        } catch {
            throw error.apiError
        }
    }

    /// Reads an update that comes as nested lists.
    func listed(
        _ request: Request, on connection: Connection, _ admission: Coordinator.PlainAdmission,
        client: Int
    ) async throws -> IncomingUpdate {
        let slot = try await listedSlots.acquire(timeoutSeconds: limits.slotWaitSeconds)
        connection.admitBody()
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
                parameters: parameters, checksum: [], byteCount: byteCount, slot: slot,
                mustBeKept: true)
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
        for try await chunk in request.body {
            bytes += chunk.readableBytesView
            guard bytes.count <= limit else {
                throw APIError(
                    .tooLarge, "the body goes on: expected at most \(limit)",
                    expected: .integer(limit))
            }
        }
        return bytes
    }

    private static func wrongType(_ type: String, expected: String) -> APIError {
        APIError(
            .wrongContentType, "the body is of another type: expected \(expected)",
            expected: .string(expected), got: .string(String(type.prefix(60))))
    }
}
