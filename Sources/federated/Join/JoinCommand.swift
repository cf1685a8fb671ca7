import ArgumentParser
import Datasets
import FederationClient
import FederationWire
import Foundation
import Parameters
import Synchronization
import Training

/// `federated join`: a client of a served run, with data of its own.
struct JoinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Take part in a served run as one client.",
        discussion: """
            The server says what is trained, how and on which data; what is said here too must be the
            same, and so must the data be, unless --own-data says otherwise. A client trains on one thread, and clients on one machine wait for a free core.
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

    @Option(help: ArgumentHelp("How long to try when the server is away.", valueName: "seconds"))
    var retryFor = 120.0

    @OptionGroup var options: JoinOptions

    @Flag(help: "Print nothing.")
    var quiet = false

    func validate() throws {
        guard ClientNumber.allowed.contains(id) else {
            throw ValidationError(
                "--id must be from 0 to \(ClientNumber.allowed.upperBound), not \(id)")
        }
        guard retryFor >= 0, retryFor.isFinite else {
            throw ValidationError("--retry-for must be at least 0 seconds, not \(retryFor)")
        }
        guard retryFor <= 1e9 else {
            throw ValidationError("--retry-for must be at most 1e9 seconds, not \(retryFor)")
        }
    }

    func run() throws {
        let console = Console(quiet: quiet)
        let address = try ServerAddress(url)
        var configuration = ClientConfiguration(
            address: address, client: id, retrySeconds: retryFor)
        configuration.token = try tokenFile.map(AccessToken.init(contentsOf:))
        configuration.certificateFile = ca
        if configuration.token != nil, !address.isSecure, !address.isLoopback {
            throw CommandFailure(
                message: "a token is sent over https:// only, except to this machine itself")
        }
        let display = JoinDisplay(console, client: id)
        let slots = CoreSlots(count: options.threads ?? availableProcessorCount())
        if let problem = slots.problem {
            console.line("clients of this machine do not wait for each other: \(problem)")
        }
        let parts = PartsBox()
        let client = FederationClient(
            configuration,
            prepare: { [self] settings in
                try prepare(settings, address, display, slots, console, parts)
            },
            report: { display.show($0) })
        let result = runInterruptibly { try await client.run() }
        let states = parts.replace(with: nil, nil)
        console.clearTransient()
        do {
            let ending = try result.get()
            states?.remove()
            display.end(ending)
            guard ending.succeeded else {
                throw CommandFailure(message: "the run has ended: \(ending.outcome)")
            }
        } catch is CancellationError {
            throw CommandFailure(message: "interrupted; client \(id) has left the run", status: 130)
        }
    }

    private func prepare(
        _ settings: RunSettings, _ address: ServerAddress, _ display: JoinDisplay,
        _ slots: CoreSlots, _ console: Console, _ box: PartsBox
    ) throws -> any Participant {
        try options.check(settings)
        guard id < settings.clients else {
            throw CommandFailure(
                message: "the run has \(Text.clients(settings.clients)): there is no client \(id)")
        }
        let locator = DatasetLocator(dataDirectory: options.dataDir, threads: slots.count)
        let bar = FetchDisplay(console)
        defer { bar.end() }
        let loaded = announced(try locator.load(try options.choice(settings)) { bar.show($0) })
        bar.end()
        for note in loaded.notes { console.line(note) }
        let images = loaded.dataset.train
        let setup = try ClientSetup(settings, images: images)
        try options.check(
            RunInputs(
                setup.settings, data: loaded.dataset.fingerprint, shards: setup.shards),
            of: settings, origin: loaded.dataset.origin)
        let states =
            try setup.strategy.hasClientState
            ? options.stateFile(settings, client: id) { console.line($0) } : nil
        let workers = LocalWorkers(
            setup.architecture, engine: setup.engine,
            training: settings.training.local, largestShard: setup.shards.largestShard, threads: 1)
        box.replace(with: workers, states)
        display.begin(
            settings, address: address,
            data: loaded.dataset.origin + (options.ownData ? ", its own" : ""), setup: setup,
            slots: slots)
        return LocalParticipant(
            client: id, seed: settings.seed, images: images, shards: setup.shards,
            workers: workers, architecture: setup.digest, strategy: setup.strategy,
            states: states, slots: slots, onNotice: { console.line($0) })
    }
}

/// What is in use for a run, until another's takes its place.
private final class PartsBox: Sendable {
    private let parts = Mutex<(workers: LocalWorkers?, states: StateFile?)>((nil, nil))

    /// Ends the threads, and hands out what was kept.
    @discardableResult
    func replace(with workers: LocalWorkers?, _ states: StateFile?) -> StateFile? {
        parts.withLock { parts in
            defer { parts = (workers, states) }
            parts.workers?.close()
            return parts.states
        }
    }
}
