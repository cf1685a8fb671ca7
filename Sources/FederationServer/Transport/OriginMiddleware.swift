import FederationWire
import HTTPTypes
import Hummingbird

/// Keeps pages of other sites from what `OriginPolicy` keeps them from, on every route.
struct OriginMiddleware: RouterMiddleware {
    let policy: OriginPolicy
    /// What this server serves.
    let routes: [Route]

    func handle(
        _ request: Request, context: FederationContext,
        next: (Request, FederationContext) async throws -> Response
    ) async throws -> Response {
        // The path as the router has understood it, not as it is spelt.
        let template = context.endpointPath
        let method = request.method.rawValue
        let changesRun = routes.contains {
            $0.changesRun && $0.template == template && $0.method.rawValue == method
        }
        try policy.check(request.head, changesRun: changesRun)
        var response = try await next(request, context)
        // Nothing here is for other sites' pages, not even as a picture or a script.
        for (name, value) in Self.headers { response.headers[name] = value }
        return response
    }

    private static let headers: [HTTPField.Name: String] = {
        var headers: [HTTPField.Name: String] = [.xContentTypeOptions: "nosniff"]
        if let name = HTTPField.Name("Cross-Origin-Resource-Policy") {
            headers[name] = "same-origin"
        }
        return headers
    }()
}
