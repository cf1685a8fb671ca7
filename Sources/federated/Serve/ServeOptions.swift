import ArgumentParser
import FederationServer
import Foundation

/// Where a server listens and who may reach it.
struct ListenOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Address to listen on.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: "Port; 0 takes a free one.")
    var port = 9103

    @Option(
        help: ArgumentHelp(
            "Tokens, one “ID TOKEN” a line, in a file of mode 600.", valueName: "file"))
    var tokenFile: String?

    @Option(help: ArgumentHelp("Certificate, as PEM.", valueName: "file"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("Its private key, as PEM.", valueName: "file"))
    var tlsKey: String?

    @Flag(help: "Be reached from elsewhere without certificate or tokens.")
    var insecure = false

    @Flag(help: "Serve no live page.")
    var noDashboard = false

    func validate() throws {
        guard !host.isEmpty else { throw ValidationError("--host must not be empty") }
        guard (0...65_535).contains(port) else {
            throw ValidationError("--port must be 0 to 65535, not \(port)")
        }
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key go together")
        }
    }

    /// Who can reach the server.
    var exposure: Exposure {
        Exposure(host: host, hasTLS: tlsCert != nil, hasTokens: tokenFile != nil)
    }

    /// The server's configuration.
    /// - Throws: `ExposureError`, `TokenFileError`.
    func configuration(limits: ServerLimits) throws -> ServerConfiguration {
        try exposure.check(allowInsecure: insecure)
        var configuration = ServerConfiguration(limits: limits, version: Federated.version)
        configuration.host = host
        configuration.port = port
        configuration.tokens = try tokenFile.map { try TokenTable(path: $0) }
        if let tlsCert, let tlsKey {
            configuration.tls = TLSFiles(certificatePath: tlsCert, keyPath: tlsKey)
        }
        configuration.allowsInsecure = insecure
        configuration.showsPage = !noDashboard
        return configuration
    }
}

/// When a round closes that not all have reported in.
struct DeadlineOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Seconds after which a round closes with its minimum; with fewer it goes on.",
            valueName: "seconds"))
    var roundDeadline: Double?
}
