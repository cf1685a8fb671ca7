import FederationWire
import HTTPTypes
import Hummingbird

extension APIError {
    /// The status line's number.
    var responseStatus: HTTPResponse.Status { HTTPResponse.Status(code: status) }

    /// Headers of an answer with a body of that many bytes.
    func headers(length: Int) -> HTTPFields {
        var fields: HTTPFields = [
            .contentType: Route.jsonMediaType, .contentLength: "\(length)",
        ]
        switch code {
        case .methodNotAllowed:
            if case .string(let methods)? = expected {
                fields[.allow] = methods.replacing(" or ", with: ", ")
            }
        case .unauthorized:
            // A browser asks for what it sends as Basic, and for nothing else.
            let asks = expected == .string(Identity.basicOrBearer)
            fields[.wwwAuthenticate] =
                asks ? #"Basic realm="federated", charset="UTF-8""# : "Bearer"
        case .tooManyRequests, .stopping: fields[.retryAfter] = "1"
        default: break
        }
        return fields
    }

    /// The answer to the request that is refused.
    var response: Response {
        let body = ByteBuffer(bytes: encoded())
        return Response(
            status: responseStatus, headers: headers(length: body.readableBytes),
            body: ResponseBody(byteBuffer: body))
    }
}
