import HTTPTypes
import RunPage

extension LivePage {
    /// The headers to serve it with, but for its type (text/html; charset=utf-8).
    public static let headers = pageHeaders(ownParts)
}

extension StorePage {
    /// The headers to serve it with, but for its type (text/html; charset=utf-8).
    public static let headers = pageHeaders(ownParts)
}

/// The policy lets a page run its own script and style, known by their digests, and talk to its own
/// server: markup that got into it could do nothing.
private func pageHeaders(_ ownParts: String) -> HTTPFields {
    var headers: HTTPFields = [
        .contentSecurityPolicy: "\(ownParts); connect-src 'self'; frame-ancestors 'none'",
        .xContentTypeOptions: "nosniff", .cacheControl: "no-cache",
    ]
    if let name = HTTPField.Name("Referrer-Policy") { headers[name] = "no-referrer" }
    return headers
}
