import FederationWire
import Foundation
import HTTPTypes

/// Decides who a request comes from, by the token in its header.
struct Identity: Sendable {
    /// nil where nobody needs one.
    let tokens: TokenTable?

    /// What a refusal expects where a browser is to ask for the token by itself.
    static let basicOrBearer = "Basic or Bearer"

    /// Who the request comes from; nil where nobody needs to say.
    /// - Throws: `unauthorized` without a token that is known, `forbidden` for a reader's.
    func holder(_ headers: HTTPFields) throws(APIError) -> TokenHolder? {
        guard let tokens else { return nil }
        guard let value = headers[.authorization] else {
            throw APIError(
                .unauthorized, "this server takes a token in the header “Authorization: Bearer …”")
        }
        let words = value.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count == 2, words[0].lowercased() == "bearer",
            let holder = tokens.holder(of: words[1])
        else {
            throw APIError(.unauthorized, "the token is not one that this server takes")
        }
        guard holder != .reader else {
            throw APIError(
                .forbidden, "the reader's token is for the page, its state and metrics alone")
        }
        return holder
    }

    /// Makes sure that the request comes from someone who may look, where not everyone may.
    ///
    /// A token may come as the password of HTTP Basic, for which a browser asks by itself. It counts
    /// nowhere else: a browser sends it with what other sites' pages make it ask, too.
    /// - Throws: `unauthorized`.
    func checkReader(_ headers: HTTPFields) throws(APIError) {
        guard let tokens, tokens.hasReader else { return }
        let words = (headers[.authorization] ?? "").split(
            separator: " ", omittingEmptySubsequences: true)
        if words.count == 2 {
            switch words[0].lowercased() {
            case "bearer": if tokens.holder(of: words[1]) != nil { return }
            case "basic": if tokens.holder(of: Self.password(words[1])) != nil { return }
            default: break
            }
        }
        throw APIError(
            .unauthorized,
            """
            whoever looks on needs the reader's token, or another that this server takes: \
            as “Authorization: Bearer …”, or as the password that a browser asks for
            """, expected: .string(Self.basicOrBearer))
    }

    /// Makes sure that the request may start a run.
    /// - Throws: `unauthorized` or `forbidden`.
    func checkAdministrator(_ headers: HTTPFields) throws(APIError) {
        switch try holder(headers) {
        case nil, .administrator?: return
        case .client?, .reader?:
            throw APIError(.forbidden, "only the administrator's token starts a run")
        }
    }

    /// What is behind the first colon of a name and a password in base64; empty where there is none.
    private static func password(_ text: Substring) -> String {
        guard let data = Data(base64Encoded: String(text)) else { return "" }
        let parts = String(decoding: data, as: UTF8.self)
            .split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? String(parts[1]) : ""
    }

    /// Makes sure that the request comes from that client.
    /// - Throws: `wrong_client` for a token of somebody else.
    func check(_ headers: HTTPFields, is client: Int) throws(APIError) {
        switch try holder(headers) {
        case nil, .client(client)?: return
        case .client(let other)?:
            throw APIError(
                .wrongClient, "the token is that of client \(other): it cannot act as \(client)",
                expected: .integer(other), got: .integer(client))
        case .administrator?:
            throw APIError(
                .wrongClient,
                "the administrator's token is no client's: it cannot act as \(client)",
                got: .integer(client))
        case .reader?:
            throw APIError(
                .wrongClient, "the reader's token is no client's: it cannot act as \(client)",
                got: .integer(client))
        }
    }
}
