import ArgumentParser
import Datasets
import Federation
import FederationServer
import FederationStore
import Foundation
import LocalTraining
import Synchronization
import Tensors

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
        var store = storing.resume ? try storing.open(logFolder: common.logDir) : nil
        defer { store?.close() }
        let resumed = try resumedRun(in: store, console: console)
        let loadStart = MonotonicClock.seconds()
        let loaded = try load(resumed, console: console)
        if store == nil { store = try storing.open(logFolder: common.logDir) }
        let settings = try resumed?.settings ?? settings(dataset: loaded.dataset.name)
        let run = try ExperimentRun(
            settings, dataset: loaded.dataset, threads: common.threadCount, loadStart: loadStart,
            resumed: resumed, execution: .served, onRound: { _, _ in })
        var limits = ServerLimits(parameterCount: run.architecture.parameterCount)
        limits.connections = max(limits.connections, 2 * settings.clients)
        let configuration = try listening.configuration(limits: limits)
        let source = resumed?.source ?? DataSource(loaded.dataset, options: common)
        let runs = ServedRuns(
            store: store, kind: Self.kind, source: source, directory: directory,
            timing: configuration.timing, console: console)
        let first = try runs.make(run, resumed: resumed, notes: loaded.notes)
        try serve(first, runs, configuration, console: console)
    }

    // MARK: Serving

    private func serve(
        _ first: ServedRun, _ runs: ServedRuns, _ configuration: ServerConfiguration,
        console: Console
    ) throws {
        let stopper = Stopper()
        let server = try FederationServer(
            configuration, run: first, makeRun: { try await runs.make($0) },
            report: { event in
                switch event {
                case .note: break
                case .notice(let text): console.line("  \(text)")
                case .committed: break
                case .failed(let reason): console.line("  \(reason)")
                case .finished:
                    if once { stopper.stopWhenClientsKnow() }
                }
            })
        stopper.server = server
        let interruption = Interruption { server.stop() }
        defer { interruption.end() }
        Task.detached {
            guard await server.port != nil else { return }
            Self.announce(await server.address, configuration, console: console)
            runs.showFirst()
        }
        let result = Result { try waitFor { try await server.run() } }
        let current = runs.current
        current?.interrupt()
        try result.get()
        guard let current else { return }
        try Self.check(current, canResume: !storing.noStore)
    }

    private static func announce(
        _ address: String, _ configuration: ServerConfiguration, console: Console
    ) {
        if configuration.exposure.isInsecure {
            console.line(
                "  INSECURE: whoever reaches \(configuration.host) can read and spoil this run")
        }
        let page = configuration.showsPage ? "page" : "address"
        if console.isQuiet {
            Console.write(Array("\(address)\n".utf8))
        } else {
            console.line("  \(Text.padRight(page, 11))\(address)")
            console.line("  \(Text.padRight("join", 11))federated join \(address) --id 0")
            console.line()
        }
    }

    /// Turns an end that is none into the command's failure.
    private static func check(_ run: ServedExperiment, canResume: Bool) throws {
        let count = run.roundCount
        guard let ending = run.ending else {
            throw CommandFailure(
                message: "stopped after round \(count) of \(run.run.settings.rounds)"
                    + (canResume ? "; federated serve --resume goes on" : ""), status: 130)
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

    private func resumedRun(in store: RunStore?, console: Console) throws -> ResumedRun? {
        guard storing.resume, let store else { return nil }
        guard let resumed = try ResumedRun(last: Self.kind, in: store) else {
            console.line("nothing to resume in \(store.path): starting afresh")
            return nil
        }
        try resumed.checkOptions(given: settings(dataset: ""), dataset: common.dataset)
        return resumed
    }

    private func load(_ resumed: ResumedRun?, console: Console) throws -> LoadedDataset {
        guard let resumed else { return try loadDataset(common, console: console) }
        var options = common
        options.dataset = resumed.source.dataset
        options.dataDir = common.dataDir ?? resumed.source.dataFolder
        let loaded = try loadDataset(options, console: console)
        try resumed.source.check(loaded.dataset, run: resumed.run.name)
        return loaded
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
