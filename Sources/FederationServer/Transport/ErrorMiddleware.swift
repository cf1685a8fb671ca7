import FederationWire
import HTTPTypes
import Hummingbird
import Logging

/// Turns every error into the JSON that both APIs use, and counts answers.
struct ErrorMiddleware: RouterMiddleware {
    /// What this server serves.
    let routes: [Route]
    let counters: Counters
    let logger: Logger

    func handle(
        _ request: Request, context: FederationContext,
        next: (Request, FederationContext) async throws -> Response
    ) async throws -> Response {
        let response: Response
        do {
            response = try await next(request, context)
        } catch let error as APIError {
            response = refuse(error)
        } catch is HTTPError {
            response = refuse(noRoute(request))
        } catch is RequestGuard.Refused {
            // It has been answered already.
            response = Response(status: .badRequest)
        } catch {
            // What is left is a connection that broke in the middle of a body.
            logger.debug("\(error)")
            response = refuse(
                APIError(.truncated, "the request ended before its body was complete"))
        }
        counters.count(
            answer: Counters.Answer(
                route: context.endpointPath ?? "", method: request.method.rawValue,
                status: response.status.code))
        return response
    }

    private func refuse(_ error: APIError) -> Response {
        counters.count(refusal: error.code)
        return error.response
    }

    /// Nothing is there, or not for that method.
    private func noRoute(_ request: Request) -> APIError {
        let segments = request.uri.path.split(separator: "/")
        let here = routes.filter { route in
            let template = route.template.split(separator: "/")
            return template.count == segments.count
                && zip(template, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        let path = String(request.uri.path.prefix(60))
        guard !here.isEmpty else {
            return APIError(.notFound, "there is nothing at \(Self.printable(path))")
        }
        let methods = here.map(\.method.rawValue).sorted().joined(separator: " or ")
        return APIError(
            .methodNotAllowed, "\(Self.printable(path)) takes \(methods)",
            expected: .string(methods), got: .string(request.method.rawValue))
    }

    private static func printable(_ path: String) -> String {
        String(String.UnicodeScalarView(path.unicodeScalars.filter { $0.value >= 0x20 }))
    }
}
