import Foundation
import Platform

/// What a page may do: run its own script and style, known by their digests, and show pictures that it
/// has in itself.
enum PagePolicy {
    /// The directives that a page has wherever it is read.
    static func ownParts(of page: String) -> String {
        """
        default-src 'none'; script-src \(digest(of: "script", in: page)); \
        style-src \(digest(of: "style", in: page)); \
        img-src data:; base-uri 'none'; form-action 'none'
        """
    }

    /// The digest of the one element of that name without attributes, as a policy's source.
    private static func digest(of element: String, in page: String) -> String {
        guard let start = page.range(of: "<\(element)>"),
            let end = page.range(of: "</\(element)>", range: start.upperBound..<page.endIndex)
        else { preconditionFailure("the page has no <\(element)>") }
        let content = SHA256.digest(of: page[start.upperBound..<end.lowerBound].utf8)
        return "'sha256-\(Data(content).base64EncodedString())'"
    }
}
