import ArgumentParser
import Datasets
import Federation
import FederationStore
import Foundation
import LocalTraining
import NeuralNetworks
import Synchronization
import Tensors

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
        var store = storing.resume ? try storing.open(logFolder: common.logDir) : nil
        defer { store?.close() }
        let resumed = try resumedRun(in: store, console: console)
        let loadStart = MonotonicClock.seconds()
        let loaded = try load(resumed, console: console)
        if store == nil { store = try storing.open(logFolder: common.logDir) }
        let settings =
            try resumed?.settings
            ?? simulation.settings(dataset: loaded.dataset.name, for: execution)
        let source = resumed?.source ?? DataSource(loaded.dataset, options: common)
        try ranks?.setUp(settings, source)
        let display = RunDisplay(console, settings: settings)
        let recorder = Mutex<RunRecorder?>(nil)
        let run = try ExperimentRun(
            settings, dataset: loaded.dataset, threads: threads, loadStart: loadStart,
            resumed: resumed, transport: transport, communicator: ranks?.communicator,
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
        display.begin(run, recorder: kept, resumed: resumed, notes: loaded.notes)

        let interruption = Interruption { run.stop() }
        let result = display.following(run.federation) { run.run() }
        interruption.end()

        let log = run.log(of: result)
        if case .interrupted = result.outcome, result.rounds.isEmpty {
            if let error = result.commitError { throw error }
            try kept?.end(log, outcome: result.outcome, logFile: nil)
            throw CommandFailure(
                message: "interrupted before the first round was over: there is nothing to log",
                status: 130)
        }
        let path = try run.write(log, model: result.model, nested: true, to: directory)
        if result.commitError == nil {
            try kept?.end(log, outcome: result.outcome, logFile: path.path)
        }
        display.end(log: log, path: path.relativePath)
        if json {
            var short = log
            short.finalWeight = .file(
                path.deletingPathExtension().appendingPathExtension("safetensors").lastPathComponent
            )
            Console.write(short.encoded() + [UInt8(ascii: "\n")])
        } else if quiet {
            print(path.relativePath)
        }
        if let writeLogPath {
            try Data(path.path.utf8).write(to: URL(fileURLWithPath: writeLogPath))
        }
        try Self.check(result, log: path.relativePath, canResume: store != nil)
    }

    /// What the store calls the runs of this command.
    private static let kind = "run"

    /// The run to go on with, if that was asked for and there is one.
    private func resumedRun(in store: RunStore?, console: Console) throws -> ResumedRun? {
        guard storing.resume, let store else { return nil }
        guard let resumed = try ResumedRun(last: Self.kind, in: store) else {
            console.line("nothing to resume in \(store.path): starting afresh")
            return nil
        }
        try resumed.checkOptions(given: simulation.settings(dataset: ""), dataset: common.dataset)
        return resumed
    }

    /// Loads the data that the options ask for, or the very data that the run had.
    private func load(_ resumed: ResumedRun?, console: Console) throws -> LoadedDataset {
        guard let resumed else { return try loadDataset(common, console: console) }
        var options = common
        options.dataset = resumed.source.dataset
        options.dataDir = common.dataDir ?? resumed.source.dataFolder
        let loaded = try loadDataset(options, console: console)
        try resumed.source.check(loaded.dataset, run: resumed.run.name)
        return loaded
    }

    /// Turns an outcome that is none into the command's failure.
    private static func check(_ result: RunResult, log: String, canResume: Bool) throws {
        let rounds = result.rounds.count == 1 ? "1 round" : "\(result.rounds.count) rounds"
        if let error = result.commitError {
            throw CommandFailure(message: "\(error); the log of \(rounds) is \(log)")
        }
        switch result.outcome {
        case .completed, .reachedTarget, .noProgress:
            return
        case .interrupted:
            throw CommandFailure(
                message: "interrupted; the log of \(rounds) is \(log)"
                    + (canResume ? "; federated run --resume goes on" : ""), status: 130)
        case .diverged, .failed:
            throw CommandFailure(message: "\(result.outcome); the log of \(rounds) is \(log)")
        }
    }
}

/// Finds the data that the options ask for, saying what happens meanwhile.
func loadDataset(
    _ options: CommonOptions, console: Console
) throws -> LoadedDataset {
    try loadDataset(
        options.dataset, folder: options.dataDir, threads: options.threadCount, console: console)
}

/// Finds the data of a name, looking into a folder first.
func loadDataset(
    _ name: String?, folder: String?, threads: Int, console: Console
) throws -> LoadedDataset {
    // Generated digits are one data set: another seed for a run does not change its data.
    let locator = DatasetLocator(dataDirectory: folder, threads: threads)
    let choice = DatasetChoice(argument: name)
    let bar = FetchDisplay(console)
    defer { bar.end() }
    return try locator.load(choice) { bar.show($0) }
}
