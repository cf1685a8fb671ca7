import ArgumentParser
import Datasets
import Experiments
import Federation
import Foundation
import Platform
import Terminal

/// `federated run`: one experiment from data to log.
struct RunCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run an experiment: a server and its clients in one process.",
        discussion: Experiment.allCases.map { "  experiment \($0)" }.joined(separator: "\n"))

    @OptionGroup var simulation: SimulationOptions
    @OptionGroup var file: SpecOptions

    @Option(help: ArgumentHelp(Transport.help))
    var transport = Transport.memory

    @OptionGroup var storing: StoreOptions

    @OptionGroup var shown: PageOptions
    @OptionGroup var tracked: TrackerOptions

    @Option(
        help: ArgumentHelp(
            "Rounds are stored every so many, in one go: a run that is killed goes on from the last that was.",
            valueName: "rounds"))
    var storeEvery = 1

    @Flag(help: "Print nothing but the log's path.")
    var quiet = false

    @Flag(help: "Print the log as JSON, without its weights, and nothing else.")
    var json = false

    @Option(help: .hidden)
    var writeLogPath: String?

    func validate() throws {
        try requirePositive(storeEvery, "--store-every")
        if storing.noStore, storeEvery > 1 {
            throw ValidationError("--store-every and --no-store contradict each other")
        }
        if let launched = Ranks.launched, launched.size > 1 {
            guard transport == .memory else {
                throw ValidationError(
                    "--transport \(transport.rawValue) is one process's, and mpirun started "
                        + "\(launched.size)")
            }
        }
        _ = try settings(dataset: "")
    }

    private func settings(dataset: String) throws -> RunSpec {
        try simulation.settings(dataset: dataset, for: execution, file: file.file())
    }

    private var execution: Execution {
        // Loopback is for showing that the wire changes nothing: its clients are real.
        if transport != .memory { return .loopback(transport) }
        return Ranks.launched?.size ?? 1 > 1 ? .ranks : .memory
    }

    private var common: CommonOptions { simulation.common }

    var needs: ProcessNeeds {
        transport == .memory && !shown.page
            ? .training(common.threadCount) : .network(training: common.threadCount).serving
    }

    func run(in program: Program) throws {
        var place = ClientPlace.threads
        if transport != .memory {
            let network = try program.networkPart(for: "run --transport \(transport.rawValue)")
            place = .loopback(transport, network.loopback)
        }
        // Before ranks meet: what takes over joins them itself.
        if shown.page { _ = try program.networkPart(for: "run --page") }
        _ = try tracked.requireNetwork(in: program, command: "run")
        guard let ranks = try Ranks.join() else {
            return try run(place, nil, threads: common.threadCount, in: program)
        }
        defer { ranks.end() }
        let threads = common.threads ?? 1
        guard ranks.isFirst else {
            let worker = try ranks.worker(dataFolder: common.dataDir, threads: threads)
            let interruption = Interruption { worker.stop() }
            defer { interruption.end() }
            return worker.serve()
        }
        try run(.ranks(ranks.communicator), ranks, threads: threads, in: program)
    }

    /// The run, as the only process or the first.
    private func run(
        _ place: ClientPlace, _ ranks: Ranks?, threads: Int, in program: Program
    ) throws {
        let console = Console(quiet: quiet || json)
        let tracking = try tracked.prepare(
            in: program, command: "run", logFolder: common.logDir)
        let typed = try file.overridden(by: simulation.given)
        let begun = try storing.beginning(
            kind: ResumedRun.usualKind, common, typed: typed, given: settings, console: console)
        defer { begun.store?.close() }
        if let ranks {
            _ = try asValidationError { try begun.spec.validated(for: .ranks) }
            try ranks.setUp(
                begun.spec, begun.data.source.dividing(begun.data.dataset, begun.spec))
        }
        let run = try ExperimentRun(
            begun.spec, data: begun.data, threads: threads, resuming: begun.resumed, place: place)
        if begun.resumed == nil {
            try file.check(run.inputs, of: begun.data, beside: simulation.given)
        }
        let recorder = try RunRecorder(
            run, store: begun.store, logs: begun.logs, labels: begun.labels, storeEvery: storeEvery)
        let tracker = try tracking?.begin(run, name: recorder.name)
        let display = RunDisplay(console, run: run)
        display.begin(recorder, notes: begun.notes(of: run), tracker: tracker)
        let live = LiveRuns(isOne: true) { run.stop() }
        live.begin(recorder.name, title: recorder.name, run)
        let page = try shown.show(live, in: program, command: "run", on: console)
        defer { page?.end() }
        let interruption = Interruption { run.stop() }
        let result = display.following {
            run.run(
                keeping: recorder,
                onRound: { round in
                    display.show(round)
                    live.note(recorder.name, round)
                    tracker?.note(round)
                }, onPause: { display.show(pausing: $0) })
        }
        interruption.end()
        live.end(recorder.name, run.log(of: result))
        tracker?.end(result.outcome)
        try end(result, recorder, display)
        try tracking?.requireSuccess()
    }

    // MARK: Ends

    /// Keeps what came of the run, says it, and turns an outcome that is none into the command's failure.
    private func end(
        _ result: RunResult, _ recorder: RunRecorder, _ display: RunDisplay
    ) throws {
        let kept: RunRecorder.Kept
        do {
            kept = try recorder.end(result)
        } catch RecordingError.nothingToLog {
            throw CommandFailure(message: "\(RecordingError.nothingToLog)", status: 130)
        }
        guard let path = kept.file else { preconditionFailure("a run has a folder for its log") }
        display.end(kept)
        if json {
            var short = kept.log
            short.finalWeight = .file(
                path.deletingPathExtension().appendingPathExtension("safetensors").lastPathComponent
            )
            Console.write(short.encoded() + [UInt8(ascii: "\n")])
        } else if quiet {
            Console.write(Array("\(path.relativePath)\n".utf8))
        }
        if let writeLogPath { try OutputFile.write(Array(path.path.utf8), to: writeLogPath) }
        let place =
            "the log of \(Text.plural(result.rounds.count, "round")) is \(path.relativePath)"
        let advice =
            recorder.store == nil
            ? nil
            : storing.advice(
                ResumedRun.usualKind, run: recorder.name, logFolder: common.logDir,
                tracker: tracked.choice)
        switch result.outcome {
        case .completed, .reachedTarget, .noProgress: return
        case .interrupted:
            throw CommandFailure(
                message: "interrupted; \(place)" + (advice.map { "; \($0) goes on" } ?? ""),
                status: 130)
        case .diverged where kept.log.serverRuleFingerprint == nil:
            // It would do so again.
            throw CommandFailure(message: "\(result.outcome); \(place)")
        case .diverged, .failed:
            throw CommandFailure(
                message: "\(result.outcome); \(place)"
                    + (advice.map { "; \($0) tries again" } ?? ""))
        }
    }
}
