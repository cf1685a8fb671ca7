import ArgumentParser
import Commands
import Experiments
import FederationServer
import Foundation

/// Where a server listens and who may reach it.
struct ListenOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Name or address to listen on.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(
        name: .customLong("allow-host"),
        help: ArgumentHelp(
            "Another name by which the server may be addressed, as behind a proxy; may be repeated.",
            discussion: """
                On loopback, requests by other names than its own are refused: they are how a page \
                of another site reaches this machine. Elsewhere any name counts, because a server \
                cannot know all of its own, unless some are given here.
                """, valueName: "name"))
    var allowedHosts: [String] = []

    @Option(help: "Port; 0 takes a free one.")
    var port = 9103

    @Option(
        help: ArgumentHelp(
            "Tokens, one “ID TOKEN” a line, in a file of mode 600.",
            discussion: """
                ID is a client's number; “admin” for whoever may start a run by /initialize; or \
                “reader” for whoever may look at the page, /state, /events and /metrics, which need no \
                token without such a line. A browser asks for it as a password, with any name.
                """, valueName: "file"))
    var tokenFile: String?

    @Option(help: ArgumentHelp("Certificate, as PEM.", valueName: "file"))
    var tlsCert: String?

    @Option(
        help: ArgumentHelp(
            "Its private key, as PEM, which nobody else may read.", valueName: "file"))
    var tlsKey: String?

    @Flag(help: "Be reached from elsewhere without certificate or tokens.")
    var insecure = false

    @Flag(help: "Serve no live page.")
    var noDashboard = false

    func validate() throws {
        guard !host.isEmpty else { throw ValidationError("--host must not be empty") }
        if let problem = ServerConfiguration.problem(ofHost: host) {
            throw ValidationError("--host “\(host)” is nothing to listen on: \(problem)")
        }
        for name in allowedHosts {
            if let problem = ServerConfiguration.problem(ofHost: name) {
                throw ValidationError("--allow-host “\(name)” is no host's name: \(problem)")
            }
        }
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
        var configuration = ServerConfiguration(limits: limits, version: LibraryVersion.text)
        configuration.host = host
        configuration.port = port
        configuration.allowedHosts = allowedHosts
        configuration.tokens = try tokenFile.map { try TokenTable(path: $0) }
        if let tlsCert, let tlsKey {
            configuration.tls = TLSFiles(certificatePath: tlsCert, keyPath: tlsKey)
        }
        configuration.allowsInsecure = insecure
        configuration.showsPage = !noDashboard
        return configuration
    }
}
