import ArgumentParser
import Commands
import Datasets
import Experiments
import FederationClient
import FederationWire
import Foundation
import NetworkExperiments
import Parameters
import Terminal

/// `federated join`: a client of a served run, with data of its own.
package struct JoinCommand: ProgramCommand {
    package static let configuration = CommandConfiguration(
        commandName: "join", abstract: CommandList.join,
        discussion: """
            The server says what is trained, how and on which data; what is said here too must be the \
            same, and so must the data be, unless --own-data says otherwise. A client trains on one \
            thread, and clients on one machine wait for a free core.
            """)

    @Argument(help: ArgumentHelp("The server, like http://127.0.0.1:9103.", valueName: "url"))
    var url: String

    @Option(help: "This client's id, from 0.")
    var id: Int

    @Option(
        help: ArgumentHelp("File of mode 600 with this client's token.", valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "PEM file of whom to trust for the server's certificate.", valueName: "file"))
    var ca: String?

    @OptionGroup var retrying: RetryOptions

    @OptionGroup var options: JoinOptions

    @Flag(help: "Print nothing.")
    var quiet = false

    package init() {}

    package func validate() throws {
        guard ClientNumber.allowed.contains(id) else {
            throw ValidationError(
                "--id must be from 0 to \(ClientNumber.allowed.upperBound), not \(id)")
        }
    }

    package var needs: ProcessNeeds { .network(training: 1) }

    package func run(in program: Program) throws {
        let console = Console(quiet: quiet)
        let address = try ServerAddress(url)
        var configuration = ClientConfiguration(
            address: address, client: id, retrySeconds: retrying.retryFor)
        configuration.token = try tokenFile.map(AccessToken.init(contentsOf:))
        configuration.certificateFile = ca
        if configuration.token != nil, !address.isSecure, !address.isLoopback {
            throw CommandFailure(
                message: "a token is sent over https:// only, except to this machine itself")
        }
        let display = JoinDisplay(console, client: id, hasOwnData: options.ownData)
        let cores = options.threads ?? availableProcessorCount()
        let client = ExperimentClient(
            configuration, cores: cores, hasOwnData: options.ownData,
            stateFolder: options.stateDir
        ) { event in
            switch event {
            case .began(let settings, let setup, let origin):
                display.begin(settings, address: address, data: origin, setup: setup, cores: cores)
            case .round(let event): display.show(event)
            case .notice(let text): console.line(text)
            }
        }
        let result = runInterruptibly { [options] in
            try await client.run { spec in
                try options.check(spec)
                return try RunData.load(
                    options.dataset(spec), folder: options.data.dataDir,
                    reading: options.data.reading(beside: spec), threads: cores, on: console)
            }
        }
        console.clearTransient()
        do {
            let ending = try result.get()
            display.end(ending)
            guard ending.succeeded else {
                throw CommandFailure(message: "the run has ended: \(ending.outcome)")
            }
        } catch is CancellationError {
            throw CommandFailure(message: "interrupted; client \(id) has left the run", status: 130)
        }
    }
}
