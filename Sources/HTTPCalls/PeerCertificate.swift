import AsyncHTTPClient
import NIOCore
import NIOPosix
import NIOSSL
import Platform
import Synchronization

/// Looks at the certificate that a server has, without believing it.
enum PeerCertificate {
    /// The names that it is for, as a list in words; nil where there is none to be had.
    static func names(host: String, port: Int) async -> String? {
        let names = Found()
        do {
            let context = try NIOSSLContext(configuration: .makeClientConfiguration())
            let channel = try await ClientBootstrap(group: HTTPClient.defaultEventLoopGroup)
                .connectTimeout(.seconds(5))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            handler(context, host: host, names))
                    }
                }
                .connect(host: host, port: port).get()
            // The handshake ends with the answer that the certificate is not wanted, or never.
            let timeout = channel.eventLoop.scheduleTask(in: .seconds(5)) {
                channel.close(promise: nil)
            }
            try? await channel.closeFuture.get()
            timeout.cancel()
        } catch {
            return nil
        }
        return names.text
    }

    private final class Found: Sendable {
        private let state = Mutex<String?>(nil)
        var text: String? {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    private static func handler(
        _ context: NIOSSLContext, host: String, _ found: Found
    ) throws -> NIOSSLClientHandler {
        let look: NIOSSLCustomVerificationCallback = { chain, promise in
            found.text = chain.first.flatMap(text)
            promise.succeed(.failed)
        }
        do {
            return try NIOSSLClientHandler(
                context: context, serverHostname: host, customVerificationCallback: look)
        } catch is NIOSSLExtraError {
            // An address is no name that a server could be asked for.
            return try NIOSSLClientHandler(
                context: context, serverHostname: nil, customVerificationCallback: look)
        }
    }

    /// A certificate's names from its description, which is the one public place that has them.
    static func text(_ certificate: NIOSSLCertificate) -> String? {
        let fields = "\(certificate)".dropLast().split(separator: ";")
        for name in ["alternative_names=", "common_name="] {
            guard let field = fields.first(where: { $0.hasPrefix(name) }) else { continue }
            let names = field.dropFirst(name.count).split(separator: ",")
            guard !names.isEmpty else { continue }
            return names.prefix(5).joined(separator: ", ").printable(limit: 200)
        }
        return nil
    }
}
