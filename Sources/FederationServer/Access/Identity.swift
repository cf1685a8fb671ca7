import FederationWire
import HTTPTypes

/// Decides who a request comes from, by the token in its header.
struct Identity: Sendable {
    /// nil where nobody needs one.
    let tokens: TokenTable?

    /// Who the request comes from; nil where nobody needs to say.
    /// - Throws: `unauthorized` without a token that is known.
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
        return holder
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
        }
    }
}
