import FederationWire
import HTTPTypes
import Hummingbird

extension Router<FederationContext> {
    /// Serves a route of `FederationWire`.
    func add(
        _ route: Route,
        use handler: @escaping @Sendable (Request, FederationContext) async throws -> Response
    ) {
        guard let method = HTTPRequest.Method(route.method.rawValue) else {
            preconditionFailure("\(route.method.rawValue) is no method of HTTP")
        }
        on("\(route.template)", method: method) { request, context in
            try await handler(request, context)
        }
        guard route.answersHead else { return }
        // `ErrorMiddleware` takes the body away.
        on("\(route.template)", method: .head) { request, context in
            try await handler(request, context)
        }
    }
}

extension Route {
    /// Whether the route answers HEAD as it does GET, but for the body: where that changes nothing.
    var answersHead: Bool { method == .get && !changesRun }
}

extension FederationContext {
    /// A parameter of the path; empty if the route has none of that name.
    func segment(_ name: String) -> String { parameters.get(name) ?? "" }
}

extension Response {
    /// A line of text.
    static func text(_ text: String) -> Response {
        bytes(ByteBuffer(string: text), "text/plain; charset=utf-8")
    }

    /// A message of either API.
    static func message(_ message: some Message) -> Response {
        bytes(ByteBuffer(bytes: message.encoded()), Route.jsonMediaType)
    }

    /// Nothing more to say.
    static var done: Response { Response(status: .noContent) }

    /// Bytes of that type.
    static func bytes(
        _ bytes: ByteBuffer, _ type: String, _ more: HTTPFields = [:]
    ) -> Response {
        var headers = more
        headers[.contentType] = type
        headers[.contentLength] = "\(bytes.readableBytes)"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: bytes))
    }
}
