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
        case .unauthorized: fields[.wwwAuthenticate] = "Bearer"
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
