import ArgumentParser
import Datasets
import Federation
import FederationStore
import Foundation
import NeuralNetworks
import Parameters
import Platform
import Synchronization
import Training

/// `federated run`: one experiment from data to log.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run an experiment: a server and its clients in one process.",
        discussion: Experiment.allCases.map { "  experiment \($0)" }.joined(separator: "\n"))

    @OptionGroup var simulation: SimulationOptions

    @Option(help: ArgumentHelp(Transport.help))
    var transport = Transport.memory

    @OptionGroup var storing: StoreOptions

    @Flag(help: "Print nothing but the log's path.")
    var quiet = false

    @Flag(help: "Print the log as JSON, without its weights, and nothing else.")
    var json = false

    @Option(help: .hidden)
    var writeLogPath: String?

    func validate() throws {
        if let launched = Ranks.launched, launched.size > 1 {
            guard transport == .memory else {
                throw ValidationError(
                    "--transport \(transport.rawValue) is one process's, and mpirun started "
                        + "\(launched.size)")
            }
        }
        _ = try simulation.settings(dataset: "", for: execution)
    }

    private var execution: Execution {
        // Loopback is for showing that the wire changes nothing: its clients are real.
        if transport != .memory { return .loopback(transport) }
        return Ranks.launched?.size ?? 1 > 1 ? .ranks : .memory
    }

    private var common: CommonOptions { simulation.common }

    func run() throws {
        let ranks = try Ranks.join()
        defer { ranks?.end() }
        let threads = common.threads ?? (ranks == nil ? availableProcessorCount() : 1)
        if let ranks, !ranks.isFirst { return try ranks.serve(common, threads: threads) }
        try run(ranks, threads: threads)
    }

    /// The run, as the only process or the first.
    private func run(_ ranks: Ranks?, threads: Int) throws {
        let console = Console(quiet: quiet || json)
        let directory = LogDirectory(URL(fileURLWithPath: common.logDir))
        try directory.checkWritable()
        // Without a run to resume, data that is not there leaves no store behind.
        let resumption = try storing.resumption(
            kind: Self.kind, logFolder: common.logDir, console: console)
        let resumed = resumption.run
        var store = resumption.store
        defer { store?.close() }
        try resumed?.checkOptions(
            given: simulation.settings(dataset: ""), dataset: common.dataset)
        let loadStart = MonotonicClock.seconds()
        let loaded =
            try resumed.map { try loadDataset(of: $0, options: common, console: console) }
            ?? loadDataset(common, console: console)
        if store == nil { store = try storing.open(logFolder: common.logDir) }
        let settings =
            try resumed?.settings
            ?? simulation.settings(dataset: loaded.dataset.name, for: execution)
        let source = resumed?.source ?? DataSource(loaded.dataset, options: common)
        try ranks?.setUp(settings, source.dividing(loaded.dataset, settings))
        let display = RunDisplay(console, settings: settings)
        let recorder = Mutex<RunRecorder?>(nil)
        let run = try ExperimentRun(
            settings, dataset: loaded.dataset, fingerprint: source.fingerprint, threads: threads,
            loadStart: loadStart, resumed: resumed, transport: transport,
            communicator: ranks?.communicator,
            onRound: { round, state in
                try recorder.withLock { $0 }?.commit(round, state)
                display.show(round)
            })
        if let store {
            let begun = try RunRecorder(
                store, kind: Self.kind, run: run, source: source, resumed: resumed?.run.name)
            recorder.withLock { $0 = begun }
        }
        let kept = recorder.withLock { $0 }
        display.begin(
            run, recorder: kept, resumed: resumed,
            notes: loaded.notes + [resumed?.note(on: run)].compactMap(\.self))

        let interruption = Interruption { run.stop() }
        let result = display.following(run.federation, after: run.resumedRounds) { run.run() }
        interruption.end()
        try end(
            run, result, kept, EarlierLogs(of: resumed, in: directory), directory, display)
    }

    /// What the store calls the runs of this command.
    private static let kind = "run"

    // MARK: Ends

    /// Writes log and model, notes it in the store, and says what came of the run.
    private func end(
        _ run: ExperimentRun, _ result: RunResult, _ recorder: RunRecorder?,
        _ earlier: EarlierLogs, _ directory: LogDirectory, _ display: RunDisplay
    ) throws {
        let log = run.log(of: result)
        if let error = result.commitError {
            let (clause, file) = run.writeWhatFits(
                log, model: result.model, to: directory, replacing: earlier)
            // A store that could not take a round may take this.
            try? recorder?.end(log, outcome: .interrupted, logFile: file?.path)
            throw CommandFailure(message: "\(sentence(for: error)); \(clause)")
        }
        if case .interrupted = result.outcome, result.rounds.isEmpty {
            try recorder?.end(log, outcome: result.outcome, logFile: nil)
            throw CommandFailure(
                message: "interrupted before the first round was over: there is nothing to log",
                status: 130)
        }
        let path = try run.write(
            log, model: result.model, nested: true, to: directory, replacing: earlier)
        do {
            try recorder?.end(log, outcome: result.outcome, logFile: path.path)
        } catch {
            throw CommandFailure(
                message: "\(sentence(for: error)); \(Self.place(result, path))")
        }
        display.end(log: log, path: path.relativePath)
        if json {
            var short = log
            short.finalWeight = .file(
                path.deletingPathExtension().appendingPathExtension("safetensors").lastPathComponent
            )
            Console.write(short.encoded() + [UInt8(ascii: "\n")])
        } else if quiet {
            Console.write(Array("\(path.relativePath)\n".utf8))
        }
        if let writeLogPath { try OutputFile.write(Array(path.path.utf8), to: writeLogPath) }
        try check(result, path, recorder)
    }

    private static func place(_ result: RunResult, _ log: URL) -> String {
        "the log of \(Text.plural(result.rounds.count, "round")) is \(log.relativePath)"
    }

    /// Turns an outcome that is none into the command's failure.
    private func check(_ result: RunResult, _ log: URL, _ recorder: RunRecorder?) throws {
        let place = Self.place(result, log)
        switch result.outcome {
        case .completed, .reachedTarget, .noProgress:
            return
        case .interrupted:
            let advice = recorder.map {
                storing.advice(Self.kind, run: $0.name, logFolder: common.logDir)
            }
            throw CommandFailure(
                message: "interrupted; \(place)" + (advice.map { "; \($0) goes on" } ?? ""),
                status: 130)
        case .diverged, .failed:
            throw CommandFailure(message: "\(result.outcome); \(place)")
        }
    }
}
