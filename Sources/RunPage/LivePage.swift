import CRunPage
import Foundation
import JSON

/// The page that shows a run: one HTML file with nothing from elsewhere.
///
/// Served at `/`, it follows the run by `/events`, or by `/state` where no stream comes through.
/// With a state inlined it is a report that needs no server.
public enum LivePage {
    /// The page as it is served.
    public static let bytes = Array(
        UnsafeBufferPointer(start: crp_page(), count: crp_page_size()))

    /// The page with a state in it: what `/state` would answer, where null means that it is not
    /// known. Texts in it cannot end the element that holds it.
    public static func report(of state: JSONValue) -> [UInt8] {
        // Between the quotes of a text is the only place where JSON has a "<".
        let data = String(decoding: state.encoded(), as: UTF8.self)
            .replacing("<", with: "\\u003c")
        let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"\(ownParts)\">"
        let page =
            text
            .replacing(encoding, with: encoding + "\n" + policy, maxReplacements: 1)
            .replacing(slot, with: slot.replacing("null", with: data), maxReplacements: 1)
        return Array(page.utf8)
    }

    package static let text = String(decoding: bytes, as: UTF8.self)
    /// Where a report has its state.
    package static let slot = "<script type=\"application/json\" id=\"inlined\">null</script>"
    package static let encoding = "<meta charset=\"utf-8\">"

    /// The directives that page and report share: the page may run its own script and style, known by
    /// their digests.
    package static let ownParts = PagePolicy.ownParts(of: text)
}
