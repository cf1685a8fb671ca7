import Foundation
import TestCertificate
import Testing
import federated

@Suite("A client over TLS")
struct JoinOverTLSTests {
    @Test("It trusts the certificate that it is told to, has a token of its own, and finishes")
    func join() throws {
        try Command.inTemporaryFolder { folder in
            func write(_ text: String, _ name: String) throws -> String {
                let path = folder.appending(path: name).path
                let isWritten = FileManager.default.createFile(
                    atPath: path, contents: Data((text + "\n").utf8),
                    attributes: [.posixPermissions: 0o600])
                #expect(isWritten)
                return path
            }
            let certificate = try write(TestCertificate.certificate, "certificate.pem")
            let token = String(repeating: "t", count: 40)
            let tokens = try write("0 \(token)", "tokens")
            let server = try Running(
                ["serve", "--once", "--quiet", "--port", "0", "--log-dir", folder.path]
                    + Command.tiny + ["--clients", "1", "--token-file", tokens]
                    + [
                        "--tls-cert", certificate, "--tls-key",
                        try write(TestCertificate.key, "key.pem"),
                    ])
            let address = try #require(server.nextLine())
            #expect(address.hasPrefix("https://"))
            let client = ["join", address, "--id", "0", "--retry-for", "1"]
            let stranger = try Command.run(client)
            #expect(stranger.status == 1)
            #expect(
                stranger.errors
                    == "federated: no answer from \(address) for 1 s: it has no certificate that "
                    + "can be trusted\n")
            let nobody = try Command.run(client + ["--ca", certificate])
            #expect(nobody.status == 1)
            #expect(
                nobody.errors
                    == "federated: the server refuses: this server takes a token in the header "
                    + "“Authorization: Bearer …”\n")
            let known = try Command.run(
                client + ["--ca", certificate, "--token-file", try write(token, "token")])
            #expect(known.status == 0, "\(known.errors)")
            #expect(known.output.contains("the run is over: completed"))
            #expect(server.wait().status == 0)
        }
    }
}
