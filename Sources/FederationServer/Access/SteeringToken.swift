import FederationWire
import Foundation
import HTTPTypes
import Platform

/// What lets a page steer runs: who has read the address that the program printed.
///
/// A page of another site cannot read it, nor can another user of the machine, who may look all the same.
package struct SteeringToken: Sendable, Hashable {
    /// 32 hexadecimal digits, for the fragment of the page's address.
    package let text: String
    private let digest: [UInt8]

    /// One that nobody can guess.
    package init() {
        var generator = SystemRandomNumberGenerator()
        self.init(
            hexadecimal((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }))
    }

    package init(_ text: String) {
        self.text = text
        digest = SHA256.digest(of: text.utf8)
    }

    /// - Throws: `unauthorized` without it.
    package func check(_ headers: HTTPFields) throws(APIError) {
        let words = (headers[.authorization] ?? "").split(separator: " ")
        // Digests are compared, so that the time that it takes says nothing about the token.
        guard words.count == 2, words[0].lowercased() == "bearer",
            SHA256.digest(of: words[1].utf8) == digest
        else {
            throw APIError(
                .unauthorized,
                "steering needs the token of the address that federated printed for this page")
        }
    }
}
