import FederationWire
import HTTPTypes
import Hummingbird
import Platform

/// Turns every error into the JSON that both APIs use, and counts answers.
struct ErrorMiddleware: RouterMiddleware {
    /// What this server serves.
    let routes: [Route]
    let counters: Counters
    /// Told what is the server's own fault, for the operator.
    let report: @Sendable (String) -> Void

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
        } catch is BodyBroken {
            response = refuse(
                APIError(.truncated, "the request ended before its body was complete"))
        } catch is CancellationError {
            response = refuse(Coordinator.stopping)
        } catch {
            // Nothing that came can be wrong: that has errors of its own. A client cannot do anything
            // about it, and its reason may name files.
            report("\(request.method.rawValue) \(Self.shown(request)): \(error)".printable)
            response = refuse(
                APIError(
                    .serverError,
                    "the server cannot do this now: its operator has been told the reason"))
        }
        counters.count(
            answer: Counters.Answer(
                route: context.endpointPath ?? "", method: request.method.rawValue,
                status: response.status.code))
        // To HEAD no body is sent, not even an error's; the length stays that of GET's.
        return request.method == .head ? response.createHeadResponse() : response
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
        let path = Self.shown(request)
        guard !here.isEmpty else {
            return APIError(.notFound, "there is nothing at \(path)")
        }
        let heads = here.filter(\.answersHead).map { _ in "HEAD" }
        let methods = (here.map(\.method.rawValue) + heads).sorted().joined(separator: " or ")
        return APIError(
            .methodNotAllowed, "\(path) takes \(methods)",
            expected: .string(methods), got: .string(request.method.rawValue))
    }

    private static func shown(_ request: Request) -> String {
        request.uri.path.printable(limit: 60)
    }
}
