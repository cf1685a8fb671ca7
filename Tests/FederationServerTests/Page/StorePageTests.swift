import Foundation
import Platform
import RunPage
import Testing

@Suite("The page of a store's runs")
struct StorePageTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent()
        .appending(path: "../../../Sources/CRunPage")

    private func parts(of text: String, between start: String, and end: String) -> [String] {
        text.components(separatedBy: start).dropFirst().map { part in
            part.components(separatedBy: end)[0]
        }
    }

    @Test("What is served are the pieces in the sources, byte by byte, each of them once")
    func embedded() throws {
        let source = try String(contentsOf: Self.folder.appending(path: "page.c"), encoding: .utf8)
        let list = try #require(parts(of: source, between: "store_page[] = {", and: "};").first)
        let pieces = parts(of: list, between: "#embed \"", and: "\"")
        #expect(pieces.count > 10 && Set(pieces).count == pieces.count)
        let whole = try pieces.map { try Data(contentsOf: Self.folder.appending(path: $0)) }
        #expect(Data(whole.joined()) == Data(StorePage.bytes))
        #expect(StorePage.bytes.count < 200_000)
        #expect(StorePage.bytes != LivePage.bytes)
    }

    @Test("Nothing comes from elsewhere, and no markup is made from texts")
    func selfContained() {
        for address in ["http:", "https:", "//"] {
            for attribute in ["src", "href", "action", "data"] {
                #expect(!StorePage.text.contains("\(attribute)=\"\(address)"))
                #expect(!StorePage.text.contains("\(attribute)='\(address)"))
            }
        }
        for word in [
            "@import", "url(", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write",
            "eval(", "Function(", " style=\"", " onclick=", " onload=", "<link rel=\"stylesheet",
        ] { #expect(!StorePage.text.contains(word), "\(word)") }
    }

    @Test("Its policy names the digests of exactly the script and the style that are there")
    func policy() throws {
        for (element, directive) in [("script", "script-src"), ("style", "style-src")] {
            let found = parts(of: StorePage.text, between: "<\(element)>", and: "</\(element)>")
            #expect(found.count == 1)
            let digest = Data(SHA256.digest(of: try #require(found.first).utf8))
            #expect(
                StorePage.ownParts.contains(
                    "\(directive) 'sha256-\(digest.base64EncodedString())';"))
        }
        #expect(StorePage.ownParts.hasPrefix("default-src 'none'; "))
        #expect(!StorePage.ownParts.contains("unsafe"))
    }
}
