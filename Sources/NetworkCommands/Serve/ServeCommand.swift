import ArgumentParser
import Commands
import Datasets
import Experiments
import Federation
import FederationServer
import Foundation
import NetworkExperiments
import Platform
import Terminal

/// `federated serve`: the server of an experiment, for clients on any machine.
package struct ServeCommand: ProgramCommand {
    package static let configuration = CommandConfiguration(
        commandName: "serve", abstract: CommandList.serve,
        discussion: """
            Prints where the live page is, waits for clients (federated join, or any program that \
            speaks the plain API), runs, and writes the same log and model as federated run. It \
            goes on serving until Ctrl-C or SIGTERM, which let what is under way be finished and \
            leave a run that federated serve --resume goes on with.

            Settings and seed decide a served run's bits, as they do those of federated run, as long as \
            each round has the same clients. With --over-selection above 1, --round-deadline, a \
            --cohort or --minimum-clients below all, or where a client is lost, they depend on who was \
            there and who was first. The log says so: "reproducible" is false then, and "why" says for \
            which of these reasons.
            """)

    @OptionGroup(title: "Listening") var listening: ListenOptions
    @OptionGroup(title: Topic.servedRounds.title) var deadline: SettingOptions<ServedRounds>
    @OptionGroup var experiment: ExperimentOptions
    @OptionGroup var file: SpecOptions
    @OptionGroup var storing: StoreOptions

    @OptionGroup var tracked: TrackerOptions

    @Flag(help: "End when the run is over and its clients know.")
    var once = false

    @Flag(help: "Print nothing but the page's address.")
    var quiet = false

    package init() {}

    package func validate() throws {
        _ = try settings(dataset: "")
    }

    private var common: CommonOptions { experiment.common }

    package var needs: ProcessNeeds { .network(training: common.threadCount).serving }

    package func run(in program: Program) throws {
        try Ranks.requireOne("serve")
        let console = Console(quiet: quiet)
        // What cannot work is said before anything is loaded.
        try listening.exposure.check(allowInsecure: listening.insecure)
        let tracking = try tracked.prepare(
            in: program, command: "serve", logFolder: common.logDir)
        let begun = try storing.beginning(
            kind: ServedRuns.kind, common, typed: file.overridden(by: typed), given: settings,
            console: console)
        defer { begun.store?.close() }
        let run = try ExperimentRun(
            begun.spec, data: begun.data, threads: common.threadCount, resuming: begun.resumed,
            place: .served)
        if begun.resumed == nil { try file.check(run.inputs, of: begun.data, beside: typed) }
        let configuration = try listening.configuration(
            limits: ExperimentServer.limits(of: run))
        let waits = WaitDisplay(console)
        let trackers = ServedTrackers(tracking)
        let server = try ExperimentServer(
            run, configuration: configuration, store: begun.store, logs: begun.logs,
            labels: begun.labels, endsWithRun: once
        ) { event in
            switch event {
            case .listening(let address):
                Self.announce(address, configuration, console: console)
            case .run(let event):
                trackers.note(event)
                Self.show(event, with: trackers, on: console)
            case .waiting(let wait): waits.show(wait)
            case .notice(let text): console.line("  \(text)")
            case .over:
                console.line()
                console.line(
                    "  the run is over; serving its \(configuration.showsPage ? "page" : "model") "
                        + "until Ctrl-C")
            }
        }
        let interruption = Interruption { server.stop() }
        defer { interruption.end() }
        if let served = try server.serve(notes: begun.notes(of: run)) { try check(served) }
        try tracking?.requireSuccess()
    }

    private static func show(
        _ event: ServedEvent, with trackers: ServedTrackers, on console: Console
    ) {
        switch event {
        case .began(let recorder, let notes):
            RunDisplay(console, run: recorder.run)
                .begin(recorder, notes: notes, tracker: trackers.tracker(of: recorder))
        case .committed(let round, let recorder):
            RunDisplay(console, run: recorder.run).show(round)
        case .ended(let kept, let recorder):
            RunDisplay(console, run: recorder.run).end(kept)
        }
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
        let advice = storing.advice(
            ServedRuns.kind, run: run.name.text, logFolder: common.logDir, tracker: tracked.choice)
        guard let ending = run.ending else {
            throw CommandFailure(
                message: "stopped after round \(count) of \(run.run.spec.rounds)"
                    + (storing.noStore ? "" : "; \(advice) goes on"), status: 130)
        }
        let log = try ending.log.get().relativePath
        switch ending.outcome {
        case .completed, .reachedTarget, .noProgress: return
        case .interrupted, .diverged, .failed:
            throw CommandFailure(
                message: "\(ending.outcome); the log of \(Text.plural(count, "round")) is \(log)"
                    + (storing.noStore ? "" : "; \(advice) tries again"))
        }
    }

    // MARK: Settings

    /// What was typed.
    private var typed: GivenSettings { experiment.given.joined(with: deadline.given) }

    private func settings(dataset: String) throws -> RunSpec {
        let given = try file.overridden(by: typed)
        return try asValidationError {
            var spec = try RunSpec(given).on(dataset)
            if listening.exposure.isInsecure { spec.insecure = true }
            return try spec.validated(for: .served)
        }
    }
}
