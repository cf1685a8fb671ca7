import Dispatch
import Federation
import FederationServer
import FederationWire
import Foundation
import Parameters
import Synchronization
import Training

/// One run of a server: hands it what it needs of networks, data and disk, and keeps store, log and
/// screen up to date.
final class ServedExperiment: Sendable {
    let run: ExperimentRun
    private let earlier: [CommittedRound]
    private let earlierState: FederationState?
    let name: RunIdentifier
    private let recorder: RunRecorder?
    private let workers: LocalWorkers
    private let directory: LogDirectory
    /// What a resumed run's log takes the place of.
    private let earlierLogs: EarlierLogs
    private let timing: ServerTiming
    private let display: RunDisplay
    private let state: Mutex<State>
    /// Store and log are written here: both wait for the disk.
    private let disk = DispatchQueue(label: "disk")

    private struct State {
        var rounds: [CommittedRound]
        /// After the last round; nil before there is one.
        var model: ParameterVector?
        /// Whether the store could not take a round.
        var hasFailed = false
        var ending: Ending?
    }

    /// What came of it.
    struct Ending: Sendable {
        var outcome: Outcome
        var log: Result<String, CommandFailure>
    }

    init(
        _ run: ExperimentRun, resumed: ResumedRun?, recorder: RunRecorder?,
        workers: LocalWorkers, directory: LogDirectory, timing: ServerTiming,
        display: RunDisplay
    ) throws {
        self.run = run
        earlier = resumed?.rounds ?? []
        earlierState = resumed?.state
        self.recorder = recorder
        self.workers = workers
        self.directory = directory
        earlierLogs = EarlierLogs(of: resumed, in: directory)
        self.timing = timing
        self.display = display
        let text = recorder?.name ?? LogDirectory.stamp(run.started)
        guard let name = RunIdentifier(text) else {
            throw CommandFailure(message: "“\(text)” is no name that a served run can have")
        }
        self.name = name
        state = Mutex(State(rounds: earlier, model: earlierState?.model))
    }

    /// How it ended; nil while it goes on.
    var ending: Ending? { state.withLock { $0.ending } }

    /// How many rounds are committed.
    var roundCount: Int { state.withLock { $0.rounds.count } }

    /// The run as the server takes it over.
    func served() throws -> ServedRun {
        let configuration = run.federation.configuration
        return ServedRun(
            settings: try RunSettings(
                run.settings, inputs: run.inputs, architecture: run.architecture, run: name,
                heartbeatSeconds: timing.heartbeatSeconds, pollSeconds: timing.pollSeconds),
            plan: RunPlan(
                rules: run.settings.servedRules, strategy: configuration.strategy,
                layout: run.architecture.layout, seed: configuration.seed,
                opensBeforeCommit: false),
            state: earlierState ?? configuration.initialState, rounds: earlier,
            keptUpdates: try recorder?.keptUpdates() ?? [],
            keep: recorder.map(keeping),
            startedAt: run.started,
            work: { [training = run.settings.training] in training.work(samples: $0, round: $1) },
            evaluate: { [workers] in await workers.evaluate($0, on: configuration.evaluationSet) },
            commit: { [self] round, state in
                try await onDisk { try self.commit(round, state) }.get()
            },
            finish: { [self] outcome, model in
                _ = await onDisk { self.finish(outcome, model) }
            })
    }

    private func keeping(
        _ recorder: RunRecorder
    ) -> @Sendable (ModelUpdate) async throws -> Void {
        { [self] update in
            do {
                try await onDisk { () throws in try recorder.keep(update) }.get()
            } catch {
                state.withLock { $0.hasFailed = true }
                throw error
            }
        }
    }

    /// Notes that the server stops before the run is over.
    func interrupt() {
        guard ending == nil else { return }
        try? recorder?.end(log(.interrupted), outcome: .interrupted, logFile: nil)
    }

    /// Writes what there is room for of a run that has ended because its store could not take a round,
    /// and says what; nil if it has ended otherwise.
    func logAfterFailure() -> String? {
        let (hasFailed, model) = state.withLock { ($0.hasFailed, $0.model) }
        guard hasFailed else { return nil }
        let log = log(.interrupted)
        let (clause, file) = run.writeWhatFits(
            log, model: model ?? ParameterVector(zeros: run.architecture.layout.count),
            to: directory, replacing: earlierLogs)
        // A store that could not take a round may take this.
        try? recorder?.end(log, outcome: .interrupted, logFile: file?.path)
        return clause
    }

    // MARK: Disk

    private func onDisk<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async -> Result<Value, any Error> {
        await withCheckedContinuation { continuation in
            disk.async { continuation.resume(returning: Result { try body() }) }
        }
    }

    private func commit(_ round: CommittedRound, _ state: FederationState) throws {
        do {
            try recorder?.commit(round, state)
        } catch {
            self.state.withLock { $0.hasFailed = true }
            throw error
        }
        self.state.withLock { known in
            known.rounds.append(round)
            known.model = state.model
        }
        display.show(round)
    }

    private func log(_ outcome: Outcome) -> RunLog {
        run.log(
            of: RunResult(
                outcome: outcome, model: ParameterVector(zeros: 0),
                rounds: state.withLock { $0.rounds }))
    }

    private func finish(_ outcome: Outcome, _ model: ParameterVector) {
        let log = log(outcome)
        let result = Result<String, any Error> {
            let path = try run.write(
                log, model: model, nested: true, to: directory, replacing: earlierLogs)
            do {
                try recorder?.end(log, outcome: outcome, logFile: path.path)
            } catch {
                throw CommandFailure(
                    message: "\(sentence(for: error)); the log is \(path.relativePath)")
            }
            return path.relativePath
        }
        switch result {
        case .success(let path):
            display.end(log: log, path: path)
            state.withLock { $0.ending = Ending(outcome: outcome, log: .success(path)) }
        case .failure(let error):
            let failure = CommandFailure(message: sentence(for: error))
            state.withLock { $0.ending = Ending(outcome: outcome, log: .failure(failure)) }
        }
    }
}
