import FederationWire
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOSSL
import Platform

/// Stands between HTTP and the application on each connection, and cuts off what is too long, too
/// slow or no HTTP, with the error that both APIs use.
///
/// It must sit here: the application sees a body only when it asks for it, and once it has answered
/// early, the rest of an endless body would be read for ever. Time counts against a client only
/// while the server is ready to read, so nobody is cut off because the server is busy.
///
/// A refused connection gets its answer, is read from for a moment more (closed at once, the answer
/// would be lost with what the client is still sending), and is closed. What the application says
/// meanwhile is dropped.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// What the application's reading of a refused body throws.
    struct Refused: Error {}

    private let limits: ServerLimits
    private let time: any TimeSource
    private let table: ConnectionTable
    private let counters: Counters
    private var connection: Connection?

    /// The body that is coming in; nil between bodies.
    private var body: BodyClock?
    private var bodyCheck: Task<Void, Never>?
    /// Counts the checks, so that one that is taken back just as it begins is known by its number.
    private var bodyChecks = 0
    /// Whether the body must wait for a place in memory, and whether reading waits for that.
    private var isHeldBack = false
    private var readIsDue = false
    /// Requests handed on whose answers are not complete, oldest first.
    private var unanswered: [RequestAllowance] = []
    /// Whether the answer to the oldest has begun.
    private var isAnswering = false
    /// Answers that are written but not yet on the network.
    private var unflushed = 0
    private var flushCheck: Scheduled<Void>?

    private var refusal: APIError?
    private var isRefused = false
    private var lingered = 0
    private var heldClose: EventLoopPromise<Void>?
    private var isGone = false
    private var isEnding = false

    init(
        limits: ServerLimits, time: any TimeSource, table: ConnectionTable, counters: Counters
    ) {
        self.limits = limits
        self.time = time
        self.table = table
        self.counters = counters
    }

    // MARK: Connection

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let connection = table.open(context.channel)
        self.connection = connection
        connection.onAdmit {
            bound.eventLoop.execute {
                let (handler, context) = bound.value
                handler.admitBody(context)
            }
        }
        // Small steps keep what waits in front of the application small, however many upload.
        context.channel.setOption(.maxMessagesPerRead, value: 2).whenComplete { _ in }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        isGone = true
        bodyCheck?.cancel()
        flushCheck?.cancel()
        table.close(context.channel)
        heldClose?.succeed()
        heldClose = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        table.close(context.channel)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            table.close(context.channel)
            // Nobody is there to hear what the request waits for.
            if isRefused || unanswered.first?.waits == true { return endLinger(context) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: Reading

    func read(context: ChannelHandlerContext) {
        guard !isHeldBack else {
            readIsDue = true
            return
        }
        body?.waitBegins(at: time.seconds())
        context.read()
    }

    private func admitBody(_ context: ChannelHandlerContext) {
        guard isHeldBack, !isGone else { return }
        isHeldBack = false
        guard readIsDue else { return }
        readIsDue = false
        read(context: context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        guard refusal == nil else { return discard(part) }
        switch part {
        case .head(let head):
            let allowance = limits.allowance(for: head)
            let length = head.headerFields[.contentLength].map { Int($0) ?? .max } ?? 0
            guard length <= allowance.bodyBytes else {
                return refuse(Self.tooLarge(length, allowance), context)
            }
            if let error = Self.encoded(head, length) { return refuse(error, context) }
            body = BodyClock(allowance, since: time.seconds())
            isHeldBack = allowance.needsPlace
            unanswered.append(allowance)
            if head.headerFields[.expect]?.lowercased() == "100-continue", unanswered.count == 1 {
                context.writeAndFlush(
                    wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        case .body(let bytes):
            body?.received(bytes.readableBytes, at: time.seconds())
            if let body, body.byteCount > body.allowance.bodyBytes {
                return refuse(Self.tooLarge(nil, body.allowance), context)
            }
        case .end:
            body = nil
            isHeldBack = false
            bodyCheck?.cancel()
            bodyCheck = nil
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isRefused {
            if lingered > limits.lingerBytes, !isEnding { return endLinger(context) }
            context.read()
            return
        }
        if body != nil, bodyCheck == nil { scheduleBodyCheck(context) }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is IOError, is ChannelError, is NIOSSLError, is BoringSSLError:
            context.fireErrorCaught(error)
        case HTTPParserError.headerOverflow:
            refuse(APIError(.tooLarge, "the request's headers are too long"), context)
        case HTTPParserError.invalidEOFState:
            refuse(
                APIError(.truncated, "the request ended before its body was complete"), context)
        default:
            refuse(APIError(.malformedBody, "this is no request of HTTP/1.1"), context)
        }
    }

    private func discard(_ part: HTTPRequestPart) {
        if case .body(let bytes) = part { lingered += bytes.readableBytes }
    }

    private func scheduleBodyCheck(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let seconds = limits.graceSeconds / 4
        bodyChecks += 1
        bodyCheck = Task { [time, number = bodyChecks] in
            guard (try? await time.sleep(seconds: seconds)) != nil else { return }
            bound.eventLoop.execute {
                let (handler, context) = bound.value
                handler.checkBody(number, context)
            }
        }
    }

    private func checkBody(_ number: Int, _ context: ChannelHandlerContext) {
        guard number == bodyChecks, !isGone, refusal == nil, let body else { return }
        let reason =
            body.lateness(at: time.seconds(), limits: limits)
            ?? connection?.overdue(afterSeconds: limits.slotHoldSeconds)
        if let reason {
            refuse(APIError(.tooSlow, reason), context)
        } else {
            scheduleBodyCheck(context)
        }
    }

    private static func tooLarge(_ length: Int?, _ allowance: RequestAllowance) -> APIError {
        let limit = allowance.bodyBytes
        let found = length.map { "the body has \($0) bytes" } ?? "the body goes on"
        return APIError(
            .tooLarge, "\(found): expected at most \(limit)", expected: .integer(limit),
            got: length.map { .integer($0) })
    }

    /// What is wrong with a body that is to be unpacked first: it would be read as what it is not.
    private static func encoded(_ head: HTTPRequest, _ length: Int) -> APIError? {
        let coding = head.headerFields[.contentEncoding]?.lowercased() ?? "identity"
        let transfer = head.headerFields[.transferEncoding]?.lowercased()
        guard length > 0 || transfer != nil else { return nil }
        guard coding == "identity", transfer ?? "chunked" == "chunked" else {
            let shown = (coding == "identity" ? transfer ?? "" : coding).printable(limit: 60)
            return APIError(
                .wrongContentType,
                "the body is packed (\(shown)): expected it without Content-Encoding",
                expected: "identity", got: .string(shown))
        }
        return nil
    }

    // MARK: Writing

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isRefused else {
            promise?.succeed()
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head):
            if head.status.kind != .informational { isAnswering = true }
            context.write(data, promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            isAnswering = false
            if !unanswered.isEmpty { unanswered.removeFirst() }
            // Answered before it was read: the rest is on its way all the same.
            if unanswered.isEmpty { admitBody(context) }
            context.write(data, promise: trackingFlush(promise, context))
            if refusal != nil { answerIfDue(context) }
        }
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        guard unflushed > 0, flushCheck == nil else { return }
        let seconds = limits.bodySeconds(bytes: limits.listedUpdateBytes)
        flushCheck = context.eventLoop.assumeIsolated().scheduleTask(
            in: .nanoseconds(Int64(seconds * 1e9))
        ) { [self] in
            flushCheck = nil
            // A client that asks and does not read would hold what it asked for in memory.
            if !isGone { context.close(promise: nil) }
        }
    }

    private func trackingFlush(
        _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
    ) -> EventLoopPromise<Void> {
        let promise = promise ?? context.eventLoop.makePromise()
        unflushed += 1
        promise.futureResult.assumeIsolated().whenComplete { [self] _ in
            unflushed -= 1
            if unflushed == 0 {
                flushCheck?.cancel()
                flushCheck = nil
            }
        }
        return promise
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard isRefused else { return context.close(mode: mode, promise: promise) }
        guard mode == .all, let promise else {
            promise?.succeed()
            return
        }
        if let heldClose {
            heldClose.futureResult.cascade(to: promise)
        } else {
            heldClose = promise
        }
    }

    // MARK: Refusing

    private func refuse(_ error: APIError, _ context: ChannelHandlerContext) {
        guard refusal == nil else { return }
        isHeldBack = false
        counters.count(refusal: error.code)
        refusal = error
        bodyCheck?.cancel()
        answerIfDue(context)
        context.fireErrorCaught(Refused())
    }

    /// Answers once all earlier requests have been.
    private func answerIfDue(_ context: ChannelHandlerContext) {
        guard let refusal, !isRefused else { return }
        // The refused request is among them if its head was handed on.
        let isHandedOn = body != nil && !unanswered.isEmpty
        guard unanswered.count == (isHandedOn ? 1 : 0) else { return }
        let isAnswered = body != nil && (!isHandedOn || isAnswering)
        isRefused = true
        if !isAnswered {
            let bytes = ByteBuffer(bytes: refusal.encoded())
            var headers = refusal.headers(length: bytes.readableBytes)
            headers[.connection] = "close"
            let head = HTTPResponse(status: refusal.responseStatus, headerFields: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(bytes)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        context.eventLoop.assumeIsolated().scheduleTask(
            in: .nanoseconds(Int64(limits.lingerSeconds * 1e9))
        ) { [self] in endLinger(context) }
        context.read()
    }

    private func endLinger(_ context: ChannelHandlerContext) {
        guard !isGone else { return }
        let promise = heldClose
        heldClose = nil
        isEnding = true
        context.close(promise: promise)
        // TLS waits to hear that the other side closes, too.
        if !isGone { context.read() }
    }
}
