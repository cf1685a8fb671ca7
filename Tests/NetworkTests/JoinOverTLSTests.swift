import Foundation
import TestCertificate
import TestSupport
import TestThreads
import Testing

@Suite("A client over TLS", .holdsItsThread)
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
            // Long enough to be noticed where something final is tried again.
            let client = ["join", address, "--id", "0", "--retry-for", "600"]
            let stranger = try Command.run(client)
            #expect(stranger.status == 1)
            #expect(
                stranger.errors
                    == "federated: cannot talk to \(address): its certificate is of nobody who is "
                    + "trusted here, or out of date\n")
            // Each who takes the other for something else is told so, and does not try again.
            let plain = address.replacingOccurrences(of: "https://", with: "http://")
            let inPlain = try Command.run(["join", plain] + client.dropFirst(2))
            #expect(inPlain.status == 1)
            #expect(
                inPlain.errors
                    == "federated: cannot talk to \(plain): it speaks TLS: does it take https://?\n"
            )
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

    @Test("A certificate for another name is said with its names, a server without one, too")
    func wrongName() throws {
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
            let key = try write(TestCertificate.key, "key.pem")
            func serve(_ more: [String]) throws -> (server: Running, address: String) {
                let server = try Running(
                    ["serve", "--quiet", "--no-store", "--port", "0", "--log-dir", folder.path]
                        + Command.tiny + more)
                return (server, try #require(server.nextLine()))
            }
            func join(_ address: String) throws -> String {
                let command = try Command.run([
                    "join", address, "--id", "0", "--retry-for", "600", "--ca", certificate,
                ])
                #expect(command.status == 1)
                return command.errors
            }
            let (other, address) = try serve([
                "--host", "127.0.0.2", "--tls-cert", certificate, "--tls-key", key,
            ])
            #expect(
                try join(address)
                    == "federated: cannot talk to \(address): its certificate is for localhost, "
                    + "127.0.0.1, not for 127.0.0.2\n")
            let (plain, unsafe) = try serve([])
            let secure = unsafe.replacingOccurrences(of: "http://", with: "https://")
            #expect(
                try join(secure)
                    == "federated: cannot talk to \(secure): it does not speak TLS: does it take "
                    + "http://?\n")
            chmod(key, 0o644)
            let open = try Command.run(
                ["serve", "--log-dir", folder.path, "--tls-cert", certificate, "--tls-key", key]
                    + Command.tiny)
            #expect(open.status == 1)
            #expect(
                open.errors
                    == "federated: \(key) has the mode 644, so that others may read the key: "
                    + "expected 600, or 640 where root owns it\n")
            for server in [other, plain] {
                server.terminate()
                _ = server.wait()
            }
        }
    }
}
