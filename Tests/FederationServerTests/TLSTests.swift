import FederationServer
import FederationWire
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import TestCertificate
import TestSupport
import Testing

@Suite("TLS")
struct TLSTests {
    /// Lends a folder with both files.
    private func withFiles(
        _ body: (TLSFiles, _ folder: String) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let files = TLSFiles(
            certificatePath: folder + "/cert.pem", keyPath: folder + "/key.pem")
        try TestCertificate.certificate.write(
            toFile: files.certificatePath, atomically: true, encoding: .utf8)
        try TestCertificate.key.write(toFile: files.keyPath, atomically: true, encoding: .utf8)
        chmod(files.keyPath, 0o600)
        try await body(files, folder)
    }

    /// One request over TLS, to a server that must have our certificate.
    private func ask(_ request: String, port: Int) async throws -> String {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMBytes(Array(TestCertificate.certificate.utf8)))
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var text = ""
            for try await bytes in inbound { text += String(buffer: bytes) }
            return text
        }
    }

    @Test("A server with a certificate speaks TLS and nothing else")
    func serves() async throws {
        try await withFiles { files, _ in
            var options = TestServer.Options()
            options.tls = files
            options.change = { $0.idleSeconds = 1 }
            try await TestServer.with(options) { server in
                let text = try await ask(
                    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                    port: server.port)
                #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(text.hasSuffix("\r\n\r\nok\n"))
                let address = await server.server.address
                #expect(address == "https://127.0.0.1:\(server.port)")
                await #expect(throws: RawSocket.Failure.self) {
                    try await server.get("/healthz")
                }
            }
        }
    }

    @Test("A body without end is cut off over TLS, too")
    func refuses() async throws {
        try await withFiles { files, _ in
            var options = TestServer.Options()
            options.tls = files
            try await TestServer.with(options) { server in
                let text = try await ask(
                    "PUT /put_weight/0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000000\r\n\r\n",
                    port: server.port)
                #expect(text.hasPrefix("HTTP/1.1 413 "))
                #expect(text.contains(#""code": "too_large""#))
            }
        }
    }

    @Test("Files that hold no certificate or key")
    func badFiles() async throws {
        try await withFiles { files, folder in
            func sentence(_ files: TLSFiles) -> String {
                do {
                    _ = try files.configuration()
                    return "none"
                } catch {
                    return "\(error)"
                }
            }
            let none = folder + "/none"
            #expect(
                sentence(TLSFiles(certificatePath: none, keyPath: files.keyPath))
                    == "cannot read \(none): No such file or directory")
            #expect(
                sentence(TLSFiles(certificatePath: files.certificatePath, keyPath: none))
                    == "cannot read \(none): No such file or directory")
            #expect(
                sentence(TLSFiles(certificatePath: files.keyPath, keyPath: files.keyPath))
                    == "\(files.keyPath) holds no certificate in PEM form that can be read")
            #expect(
                sentence(
                    TLSFiles(certificatePath: files.certificatePath, keyPath: files.certificatePath)
                ) == "\(files.certificatePath) has the mode 644, so that others may read the key: "
                    + "expected 600, or 640 where root owns it")
            chmod(files.certificatePath, 0o600)
            #expect(
                sentence(
                    TLSFiles(certificatePath: files.certificatePath, keyPath: files.certificatePath)
                ) == "\(files.certificatePath) holds no private key in PEM form that can be read")
            #expect(sentence(files) == "none")
            let isRoot = getuid() == 0
            for (mode, isTaken) in [
                (0o600, true), (0o400, true), (0o644, false), (0o604, false), (0o620, false),
                (0o640, isRoot), (0o660, false), (0o601, false),
            ] {
                chmod(files.keyPath, mode_t(mode))
                #expect((sentence(files) == "none") == isTaken, "\(String(mode, radix: 8))")
            }
        }
    }
}
