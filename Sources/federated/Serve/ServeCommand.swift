import ArgumentParser
import Datasets
import Federation
import FederationServer
import FederationStore
import Foundation
import Platform
import Synchronization
import Training

/// `federated serve`: the server of an experiment, for clients on any machine.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve an experiment over HTTP: clients join it.",
        discussion: """
            Prints where the live page is, waits for clients (federated join, or any program that \
            speaks the plain API), runs, and writes the same log and model as federated run. It \
            goes on serving until Ctrl-C or SIGTERM, which let what is under way be finished and \
            leave a run that federated serve --resume goes on with.

            Settings and seed decide a served run's bits, as they do those of federated run, as long as             each round has the same clients. With --over-selection above 1, --round-deadline, a             --cohort or --minimum-clients below all, or where a client is lost, they depend on who was             there and who was first. The log says so: "reproducible" is false then, and "why" says for             which of these reasons.
            """)

    @OptionGroup(title: "Listening") var listening: ListenOptions
    @OptionGroup var deadline: DeadlineOptions
    @OptionGroup var experiment: ExperimentOptions
    @OptionGroup var storing: StoreOptions

    @Flag(help: "End when the run is over and its clients know.")
    var once = false

    @Flag(help: "Print nothing but the page's address.")
    var quiet = false

    func validate() throws {
        _ = try settings(dataset: "")
    }

    private var common: CommonOptions { experiment.common }

    /// What the store calls the runs of this command.
    private static let kind = "serve"

    func run() throws {
        try Ranks.requireOne("serve")
        let console = Console(quiet: quiet)
        // What cannot work is said before anything is loaded.
        try listening.exposure.check(allowInsecure: listening.insecure)
        let directory = LogDirectory(URL(fileURLWithPath: common.logDir))
        try directory.checkWritable()
        // Without a run to resume, data that is not there leaves no store behind.
        let resumption = try storing.resumption(
            kind: Self.kind, logFolder: common.logDir, console: console)
        let resumed = resumption.run
        var store = resumption.store
        defer { store?.close() }
        try resumed?.checkOptions(given: settings(dataset: ""), dataset: common.dataset)
        let loadStart = MonotonicClock.seconds()
        let loaded =
            try resumed.map { try loadDataset(of: $0, options: common, console: console) }
            ?? loadDataset(common, console: console)
        if store == nil { store = try storing.open(logFolder: common.logDir) }
        let settings = try resumed?.settings ?? settings(dataset: loaded.dataset.name)
        let source = resumed?.source ?? DataSource(loaded.dataset, options: common)
        let run = try ExperimentRun(
            settings, dataset: loaded.dataset, fingerprint: source.fingerprint,
            threads: common.threadCount, loadStart: loadStart, resumed: resumed,
            execution: .served, onRound: { _, _ in })
        var limits = ServerLimits(parameterCount: run.architecture.parameterCount)
        limits.connections = max(limits.connections, 2 * settings.clients)
        let configuration = try listening.configuration(limits: limits)
        let runs = ServedRuns(
            store: store, kind: Self.kind, source: source, directory: directory,
            timing: configuration.timing, console: console)
        let notes = loaded.notes + [resumed?.note(on: run)].compactMap(\.self)
        let first = try runs.make(run, resumed: resumed, notes: notes)
        try serve(first, runs, configuration, console: console)
    }

    // MARK: Serving

    private func serve(
        _ first: ServedRun, _ runs: ServedRuns, _ configuration: ServerConfiguration,
        console: Console
    ) throws {
        let stopper = Stopper()
        let waits = WaitDisplay(console)
        let server = try FederationServer(
            configuration, run: first, makeRun: { try await runs.make($0) },
            report: { event in
                switch event {
                case .note: break
                case .notice(let text): console.line("  \(text)")
                case .waiting(let wait): waits.show(wait)
                case .committed: break
                case .failed(let reason): console.line("  \(reason)")
                case .finished:
                    if once { return stopper.stopWhenClientsKnow() }
                    console.line()
                    console.line(
                        "  the run is over; serving its \(configuration.showsPage ? "page" : "model") "
                            + "until Ctrl-C")
                }
            })
        stopper.server = server
        let interruption = Interruption { server.stop() }
        defer { interruption.end() }
        Task.detached {
            guard await server.port != nil else { return }
            Self.announce(await server.address, configuration, console: console)
            runs.showFirst()
            waits.show(await server.waiting)
        }
        let result = Result { try waitFor { try await server.run() } }
        let current = runs.current
        if case .failure(let error) = result, let clause = current?.logAfterFailure() {
            throw CommandFailure(message: "\(sentence(for: error)); \(clause)")
        }
        current?.interrupt()
        try result.get()
        guard let current else { return }
        try check(current)
    }

    private static func announce(
        _ address: String, _ configuration: ServerConfiguration, console: Console
    ) {
        if configuration.exposure.isInsecure {
            console.line(
                "  INSECURE: whoever reaches \(configuration.host) can read and spoil this run")
        }
        if configuration.listensEverywhere {
            console.line("  listens on all addresses of this machine: others use its name")
        }
        if let tokens = configuration.tokens, !tokens.hasReader {
            console.line(
                "  no token is needed to look on: a line “reader TOKEN” among the tokens asks for one"
            )
        }
        let page = configuration.showsPage ? "page" : "address"
        if console.isQuiet {
            Console.write(Array("\(address)\n".utf8))
        } else {
            console.row(page, address)
            console.row("join", "federated join \(address) --id 0")
            console.line()
        }
    }

    /// Turns an end that is none into the command's failure.
    private func check(_ run: ServedExperiment) throws {
        let count = run.roundCount
        guard let ending = run.ending else {
            let advice = storing.advice(Self.kind, run: run.name.text, logFolder: common.logDir)
            throw CommandFailure(
                message: "stopped after round \(count) of \(run.run.settings.rounds)"
                    + (storing.noStore ? "" : "; \(advice) goes on"), status: 130)
        }
        let log = try ending.log.get()
        switch ending.outcome {
        case .completed, .reachedTarget, .noProgress: return
        case .interrupted, .diverged, .failed:
            throw CommandFailure(
                message: "\(ending.outcome); the log of \(Text.plural(count, "round")) is \(log)")
        }
    }

    // MARK: Settings

    private func settings(dataset: String) throws -> ExperimentSettings {
        var settings = try experiment.settings(dataset: dataset)
        settings.roundDeadline = deadline.roundDeadline
        if listening.exposure.isInsecure { settings.insecure = true }
        return try asValidationError { [settings] () throws(SettingsError) in
            try settings.validated(for: .served)
        }
    }
}

/// Stops the server that a run of it has ended on.
private final class Stopper: Sendable {
    private let known = Mutex<FederationServer?>(nil)

    var server: FederationServer? {
        get { known.withLock { $0 } }
        set { known.withLock { $0 = newValue } }
    }

    func stopWhenClientsKnow() {
        guard let server else { return }
        Task.detached {
            await server.waitUntilClientsKnow(seconds: 10)
            server.stop()
        }
    }
}
