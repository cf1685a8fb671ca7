import ArgumentParser
import FederationServer
import Foundation

/// How updates become the next model.
enum StrategyName: String, CaseIterable, ExpressibleByArgument {
    case fedavg
}

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

/// When a round opens and closes.
struct RoundOptions: ParsableArguments {
    @Option(help: "Clients in a round. (default: all)")
    var cohort: Int?

    @Option(
        help: "How many times so many clients are asked, so that no straggler holds up a round.")
    var overSelection: Double?

    @Option(
        help: ArgumentHelp(
            "Updates without which no round closes. (default: all of a round; half with a deadline)",
            valueName: "clients"))
    var minimumClients: Int?

    @Option(
        help: ArgumentHelp(
            "Seconds after which a round closes or starts again.", valueName: "seconds"))
    var roundDeadline: Double?

    func validate() throws {
        if let cohort { try requirePositive(cohort, "--cohort") }
        if let minimumClients { try requirePositive(minimumClients, "--minimum-clients") }
        if let overSelection, !(overSelection >= 1 && overSelection <= 100) {
            throw ValidationError("--over-selection must be 1 to 100, not \(overSelection)")
        }
        if let roundDeadline, !(roundDeadline > 0 && roundDeadline <= 1e9) {
            throw ValidationError(
                "--round-deadline must be above 0 and at most 1e9 seconds, not \(roundDeadline)")
        }
    }

    /// Refuses more clients in a round than there are.
    func check(clients: Int) throws {
        if let cohort, cohort > clients {
            throw ValidationError("--cohort is \(cohort): there are \(clients) clients")
        }
        let most = cohort ?? clients
        if let minimumClients, minimumClients > most {
            throw ValidationError(
                "--minimum-clients is \(minimumClients): a round has \(most) clients")
        }
    }
}
