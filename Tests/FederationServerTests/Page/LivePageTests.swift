import Federation
import FederationServer
import Foundation
import HTTPTypes
import JSON
import Platform
import RunPage
import Testing

@Suite("The live page and the report made of it")
struct LivePageTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent()
        .appending(path: "../../../Sources/CRunPage")

    private func parts(of text: String, between start: String, and end: String) -> [Substring] {
        text.components(separatedBy: start).dropFirst().map { part in
            Substring(part.components(separatedBy: end)[0])
        }
    }

    @Test("What is served are the pieces in the sources, byte by byte, each of them once")
    func embedded() throws {
        let source = try String(contentsOf: Self.folder.appending(path: "page.c"), encoding: .utf8)
        let list = try #require(parts(of: source, between: "run_page[] = {", and: "};").first)
        let pieces = parts(of: String(list), between: "#embed \"", and: "\"").map(String.init)
        #expect(pieces.count > 10 && Set(pieces).count == pieces.count)
        let whole = try pieces.map { try Data(contentsOf: Self.folder.appending(path: $0)) }
        #expect(Data(whole.joined()) == Data(LivePage.bytes))
        #expect(LivePage.bytes.count < 200_000)
    }

    @Test("Nothing comes from elsewhere, and no markup is made from texts")
    func selfContained() {
        let text = LivePage.text
        for address in ["http:", "https:", "//"] {
            for attribute in ["src", "href", "action", "data"] {
                #expect(!text.contains("\(attribute)=\"\(address)"))
                #expect(!text.contains("\(attribute)='\(address)"))
            }
        }
        for word in [
            "@import", "url(", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write",
            "eval(", "Function(", " style=", " onclick=", " onload=", "<link rel=\"stylesheet",
        ] { #expect(!text.contains(word), "\(word)") }
    }

    @Test("The policy names the digests of exactly the script and the style that are there")
    func policy() throws {
        let policy = try #require(
            LivePage.headers[.contentSecurityPolicy])
        for (element, directive) in [("script", "script-src"), ("style", "style-src")] {
            let found = parts(
                of: LivePage.text, between: "<\(element)>", and: "</\(element)>")
            #expect(found.count == 1)
            let digest = Data(SHA256.digest(of: try #require(found.first).utf8))
            #expect(policy.contains("\(directive) 'sha256-\(digest.base64EncodedString())';"))
        }
        #expect(policy.hasPrefix("default-src 'none'; "))
        #expect(policy.contains("connect-src 'self'"))
        #expect(!policy.contains("unsafe"))
        #expect(LivePage.headers[.xContentTypeOptions] == "nosniff")
    }

    @Test("The server sends the page with its policy")
    func served() async throws {
        try await TestServer.with { server in
            let answer = try await server.get("/")
            #expect(answer.status == 200)
            #expect(answer.body.elementsEqual(LivePage.bytes))
            #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
            let policy = try #require(answer.headers["content-security-policy"])
            #expect(policy == LivePage.headers[.contentSecurityPolicy])
            #expect(answer.headers["x-content-type-options"] == "nosniff")
            #expect(answer.headers["referrer-policy"] == "no-referrer")
        }
    }

    @Test("A report holds its state; no text in it ends the element or begins a comment")
    func report() throws {
        let hostile = "</script><script>alert(1)</script><!-- <script> ]]> \u{2028} é \\ \""
        let state: JSONValue = [
            "run": ["id": .string(hostile)], "drops": nil, "rounds": [["accuracy": 0.5]],
        ]
        let text = String(decoding: LivePage.report(of: state), as: UTF8.self)
        #expect(text.components(separatedBy: "<script").count == 3)
        #expect(text.components(separatedBy: "</script").count == 3)
        let data = parts(
            of: text, between: "<script type=\"application/json\" id=\"inlined\">",
            and: "</script>")
        #expect(data.count == 1)
        #expect(!data[0].contains("<"))
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(data[0].utf8)) as? [String: Any])
        #expect((object["run"] as? [String: Any])?["id"] as? String == hostile)
        #expect(object["drops"] is NSNull)
    }

    @Test("A report says its policy itself: it talks to nobody")
    func reportPolicy() throws {
        let text = String(decoding: LivePage.report(of: [:]), as: UTF8.self)
        let policies = parts(
            of: text, between: "<meta http-equiv=\"Content-Security-Policy\" content=\"", and: "\"")
        #expect(policies.count == 1)
        #expect(policies[0].hasPrefix("default-src 'none'; script-src 'sha256-"))
        #expect(!policies[0].contains("connect-src"))
        let served = try #require(
            LivePage.headers[.contentSecurityPolicy])
        #expect(served.hasPrefix(policies[0]))
    }

    @Test("The page has each place where a report puts something just once")
    func places() {
        #expect(LivePage.text.components(separatedBy: LivePage.slot).count == 2)
        #expect(LivePage.text.components(separatedBy: LivePage.encoding).count == 2)
    }
}
