import Foundation
import Testing
import FederationClient

@Suite struct ServerAddressTests {
    @Test func addressesAreRead() throws {
        for (text, expected) in [
            ("http://127.0.0.1:9103", "http://127.0.0.1:9103"),
            ("http://localhost", "http://localhost:9103"),
            ("HTTPS://Example.org:443/", "https://Example.org:443"),
            ("http://[::1]:80", "http://[::1]:80"),
            ("https://example.org/federation/", "https://example.org:443/federation"),
            ("http://example.org/a/b", "http://example.org:80/a/b"),
            ("http://example.org:9103//a//", "http://example.org:9103/a"),
            ("http://example.org:9103/a%20b", "http://example.org:9103/a%20b"),
        ] {
            #expect(try ServerAddress(text).text == expected)
        }
        #expect(try ServerAddress("https://a").isSecure)
        #expect(try ServerAddress("http://[::1]:80").isLoopback)
        for text in ["http://127.8.8.8", "http://LOCALHOST", "http://localhost/a"] {
            #expect(try ServerAddress(text).isLoopback, "\(text)")
        }
        for text in ["http://example.org", "http://127.0.0.1.example.org", "http://[::2]"] {
            #expect(try !ServerAddress(text).isLoopback, "\(text)")
        }
    }

    @Test func wrongAddressesAreNamed() {
        for (text, reason) in [
            ("", "expected http://HOST:PORT or https://HOST:PORT"),
            ("127.0.0.1", "expected http://HOST:PORT or https://HOST:PORT"),
            ("ftp://a", "expected http:// or https:// at its beginning"),
            (
                "http://me:secret@a",
                "a name or password has no place in it: tokens come from --token-file"
            ),
            ("http://a/path?token=1", "expected nothing behind the path"),
            ("http://a?token=1", "expected nothing behind the path"),
            ("http://a/#b", "expected nothing behind the path"),
            ("http://a:0", "expected a port from 1 to 65535"),
            ("http://a:70000", "expected a port from 1 to 65535"),
            ("http://a b", "expected http://HOST:PORT or https://HOST:PORT"),
        ] {
            let error = #expect(throws: ClientError.self) { try ServerAddress(text) }
            #expect(error?.description == "“\(text)” is no server's address: \(reason)")
        }
    }
}

@Suite struct AccessTokenTests {
    private func write(_ text: String, mode: Int) throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/token-\(UUID().uuidString)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    @Test func aTokenIsReadAndNeverPrinted() throws {
        for text in [
            "s3cret-token", "s3cret-token\n", "s3cret-token\r\n", "\u{FEFF}s3cret-token\r\n\r\n",
            "s3cret-token\n\n\n",
        ] {
            let path = try write(text, mode: 0o600)
            defer { try? FileManager.default.removeItem(atPath: path) }
            let token = try AccessToken(contentsOf: path)
            #expect(token.text == "s3cret-token")
            #expect("\(token)" == "(a token)")
        }
    }

    @Test func filesThatOthersMayReadAreRefused() throws {
        for (mode, text) in [(0o644, "644"), (0o640, "640"), (0o604, "604"), (0o620, "620")] {
            let path = try write("token", mode: mode)
            defer { try? FileManager.default.removeItem(atPath: path) }
            let error = #expect(throws: ClientError.self) { try AccessToken(contentsOf: path) }
            #expect(
                error?.description
                    == "--token-file \(path): others may read it (mode \(text)): expected 600, as "
                    + "`chmod 600` makes it")
        }
    }

    @Test func filesWithoutOneTokenAreRefused() throws {
        let expected = "expected one line of 1 to 512 printable characters without spaces"
        for text in ["", "\n", "a b", "a\nb", "a\n\nb\n", String(repeating: "x", count: 513), "ä"] {
            let path = try write(text, mode: 0o600)
            defer { try? FileManager.default.removeItem(atPath: path) }
            let error = #expect(throws: ClientError.self) { try AccessToken(contentsOf: path) }
            #expect(error?.description == "--token-file \(path): \(expected)")
        }
        let missing = #expect(throws: ClientError.self) { try AccessToken(contentsOf: "/no/file") }
        #expect(missing?.description == "--token-file /no/file: No such file or directory")
        let folder = #expect(throws: ClientError.self) { try AccessToken(contentsOf: "/tmp") }
        #expect(folder?.description == "--token-file /tmp: it is no file")
    }
}
