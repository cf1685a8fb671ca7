import ArgumentParser
import Commands
import Datasets
import Experiments
import FederationClient
import FederationWire
import Foundation
import NetworkExperiments
import Parameters
import Platform
import Terminal

/// `federated join`: a client of a served run, with data of its own, or several.
package struct JoinCommand: ProgramCommand {
    package static let configuration = CommandConfiguration(
        commandName: "join", abstract: CommandList.join,
        discussion: """
            The server says what is trained, how and on which data; what is said here too must be the \
            same, and so must the data be, unless --own-data says otherwise. A client trains on one \
            thread, and clients on one machine wait for a free core. With --ids several clients join from \
            one process: each as --id would, but with data that are read once.
            """)

    @Argument(help: ArgumentHelp("The server, like http://127.0.0.1:9103.", valueName: "url"))
    var url: String

    @Option(help: "This client's id, from 0.")
    var id: Int?

    @Option(
        help: ArgumentHelp(
            "Several clients' ids, as 0-9 or 0,2,5-7, in place of --id.", valueName: "ids"))
    var ids: String?

    @Option(
        help: ArgumentHelp(
            "File of mode 600 with this client's token; with --ids, {id} in its name is each one's id.",
            valueName: "file"))
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
        if let id, ids != nil {
            throw ValidationError("--id \(id) and --ids contradict each other: give one of them")
        }
        if let ids { _ = try ClientIDs(ids) }
        guard ids == nil else { return }
        guard let id else {
            throw ValidationError("join needs --id, this client's, or --ids for several")
        }
        guard ClientNumber.allowed.contains(id) else {
            throw ValidationError(
                "--id must be from 0 to \(ClientNumber.allowed.upperBound), not \(id)")
        }
    }

    package var needs: ProcessNeeds {
        let count = (try? ids.map(ClientIDs.init))?.all.count ?? 1
        var needs = ProcessNeeds.network(training: min(count, cores))
        // A connection for the task, and one for signs of life.
        needs.files += 2 * (count - 1)
        return needs
    }

    /// How many clients train at once.
    private var cores: Int { options.threads ?? availableProcessorCount() }

    /// How a client reaches its server.
    private func configuration(_ id: Int, _ address: ServerAddress) throws -> ClientConfiguration {
        var configuration = ClientConfiguration(
            address: address, client: id, retrySeconds: retrying.retryFor)
        let token = ids == nil ? tokenFile : tokenFile?.replacing("{id}", with: "\(id)")
        configuration.token = try token.map(AccessToken.init(contentsOf:))
        configuration.certificateFile = ca
        configuration.host = HostName.current
        configuration.version = LibraryVersion.text
        if configuration.token != nil, !address.isSecure, !address.isLoopback {
            throw CommandFailure(
                message: "a token is sent over https:// only, except to this machine itself")
        }
        return configuration
    }

    /// The data for a run.
    private static func load(
        _ spec: RunSpec, _ options: JoinOptions, cores: Int, on console: Console
    ) throws -> RunData {
        try options.check(spec)
        return try RunData.load(
            options.dataset(spec), folder: options.data.dataDir,
            reading: options.data.reading(beside: spec), threads: cores, on: console)
    }

    package func run(in program: Program) throws {
        let console = Console(quiet: quiet)
        let address = try ServerAddress(url)
        if let ids { return try run(ClientIDs(ids).all, address, on: console) }
        guard let id else { preconditionFailure("validated: there is an id") }
        let configuration = try configuration(id, address)
        let display = JoinDisplay(console, client: id, hasOwnData: options.ownData)
        let cores = self.cores
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
            try await client.run { try Self.load($0, options, cores: cores, on: console) }
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

    // MARK: Several

    private func run(_ ids: [Int], _ address: ServerAddress, on console: Console) throws {
        let configurations = try ids.map { id in
            do {
                return try configuration(id, address)
            } catch {
                throw CommandFailure(message: "client \(id): \(sentence(for: error))")
            }
        }
        let display = GroupDisplay(
            console, ids: ids, address: address, hasOwnData: options.ownData, cores: cores)
        let group = ClientGroup(
            configurations, cores: cores, hasOwnData: options.ownData,
            stateFolder: options.stateDir,
            onEvent: { display.show($1, of: $0) })
        let result = runInterruptibly { [options, cores] in
            await group.run(
                data: { try Self.load($0, options, cores: cores, on: console) },
                onEnd: { display.end($1, of: $0) })
        }
        try Self.end(try result.get(), on: console)
    }

    /// Says how the run has ended, or which clients have ended before it.
    private static func end(
        _ endings: [Int: ClientGroup.Ending], on console: Console
    ) throws {
        var left: [Int] = []
        var failures: [String: [Int]] = [:]
        var outcome: FederationClient.Ending?
        for (id, ending) in endings.sorted(by: { $0.key < $1.key }) {
            switch ending {
            case .success(let ending): outcome = outcome ?? ending
            case .failure(let error) where error is CancellationError: left.append(id)
            case .failure(let error): failures[sentence(for: error), default: []].append(id)
            }
        }
        if let outcome { console.line("the run is over: \(outcome.outcome)") }
        var sentences = failures.sorted { $0.value[0] < $1.value[0] }.map {
            "\(ClientIDs.words($0.value)): \($0.key)"
        }
        let shown = 3
        if sentences.count > shown {
            sentences = sentences.prefix(shown) + ["and \(sentences.count - shown) more"]
        }
        if !left.isEmpty {
            let verb = left.count == 1 ? "has" : "have"
            throw CommandFailure(
                message: (sentences + ["interrupted; \(ClientIDs.words(left)) \(verb) left the run"])
                    .joined(separator: "; "), status: 130)
        }
        guard sentences.isEmpty else {
            throw CommandFailure(message: sentences.joined(separator: "; "))
        }
        if let outcome, !outcome.succeeded {
            throw CommandFailure(message: "the run has ended: \(outcome.outcome)")
        }
    }
}
