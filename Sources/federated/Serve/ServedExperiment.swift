import Dispatch
import Federation
import FederationServer
import FederationWire
import Foundation
import LocalTraining
import Synchronization
import Tensors

/// One run of a server: hands it what it needs of networks, data and disk, and keeps store, log and
/// screen up to date.
final class ServedExperiment: Sendable {
    let run: ExperimentRun
    private let earlier: [CommittedRound]
    private let earlierState: FederationState?
    let name: RunIdentifier
    private let recorder: RunRecorder?
    private let evaluator: ModelEvaluator
    private let directory: LogDirectory
    private let timing: ServerTiming
    private let display: RunDisplay
    private let state: Mutex<State>
    /// Store and log are written here: both wait for the disk.
    private let disk = DispatchQueue(label: "disk")

    private struct State {
        var rounds: [CommittedRound]
        var evaluationSeconds = 0.0
        var ending: Ending?
    }

    /// What came of it.
    struct Ending: Sendable {
        var outcome: Outcome
        var log: Result<String, CommandFailure>
    }

    init(
        _ run: ExperimentRun, resumed: ResumedRun?, recorder: RunRecorder?,
        evaluator: ModelEvaluator, directory: LogDirectory, timing: ServerTiming,
        display: RunDisplay
    ) throws {
        self.run = run
        earlier = resumed?.rounds ?? []
        earlierState = resumed?.state
        self.recorder = recorder
        self.evaluator = evaluator
        self.directory = directory
        self.timing = timing
        self.display = display
        let text = recorder?.name ?? LogDirectory.stamp(run.started)
        guard let name = RunIdentifier(text) else {
            throw CommandFailure(message: "“\(text)” is no name that a served run can have")
        }
        self.name = name
        state = Mutex(
            State(rounds: earlier, evaluationSeconds: evaluator.seconds))
    }

    /// How it ended; nil while it goes on.
    var ending: Ending? { state.withLock { $0.ending } }

    /// How many rounds are committed.
    var roundCount: Int { state.withLock { $0.rounds.count } }

    /// The run as the server takes it over.
    func served() throws -> ServedRun {
        ServedRun(
            settings: try RunSettings(
                run.settings, architecture: run.architecture, run: name,
                heartbeatSeconds: timing.heartbeatSeconds, pollSeconds: timing.pollSeconds),
            rules: run.settings.servedRules, strategy: run.settings.federatedStrategy,
            layout: run.architecture.layout, records: earlier.map(\.record),
            recordSeconds: earlier.map(\.seconds),
            state: earlierState
                ?? FederationState(
                    model: run.architecture.initialParameters(seed: run.settings.seed)),
            keptUpdates: try recorder?.keptUpdates() ?? [],
            keep: recorder.map(keeping),
            work: { [training = run.settings.training] in training.work(samples: $0, round: $1) },
            evaluate: { [evaluator] in await evaluator.evaluate($0) },
            commit: { [self] record, state, seconds in
                try await onDisk { try self.commit(record, state, seconds) }.get()
            },
            finish: { [self] outcome, model in
                _ = await onDisk { self.finish(outcome, model) }
            })
    }

    private func keeping(
        _ recorder: RunRecorder
    ) -> @Sendable (ModelUpdate) async throws -> Void {
        { [self] update in
            try await onDisk { () throws in try recorder.keep(update) }.get()
        }
    }

    /// Notes that the server stops before the run is over.
    func interrupt() {
        guard ending == nil else { return }
        try? recorder?.end(log(.interrupted), outcome: .interrupted, logFile: nil)
    }

    // MARK: Disk

    private func onDisk<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async -> Result<Value, any Error> {
        await withCheckedContinuation { continuation in
            disk.async { continuation.resume(returning: Result { try body() }) }
        }
    }

    private func commit(
        _ record: RoundRecord, _ state: FederationState, _ seconds: Double
    ) throws {
        let before = self.state.withLock { $0.evaluationSeconds }
        let now = evaluator.seconds
        let round = CommittedRound(
            record: record, seconds: seconds, evaluationSeconds: now - before)
        try recorder?.commit(round, state)
        self.state.withLock { state in
            state.rounds.append(round)
            state.evaluationSeconds = now
        }
        display.show(round)
    }

    private func log(_ outcome: Outcome) -> RunLog {
        let rounds = state.withLock { $0.rounds }
        // Clients train elsewhere: how long, only they know.
        var log = run.log(
            of: RunResult(
                outcome: outcome, model: ParameterVector(zeros: 0), rounds: rounds))
        log.timings.evaluationSeconds += rounds.dropFirst(earlier.count)
            .reduce(0) { $0 + $1.evaluationSeconds }
        return log
    }

    private func finish(_ outcome: Outcome, _ model: ParameterVector) {
        let log = log(outcome)
        let result = Result<String, any Error> {
            let path = try run.write(log, model: model, nested: true, to: directory)
            try recorder?.end(log, outcome: outcome, logFile: path.path)
            return path.relativePath
        }
        switch result {
        case .success(let path):
            display.end(log: log, path: path)
            state.withLock { $0.ending = Ending(outcome: outcome, log: .success(path)) }
        case .failure(let error):
            let failure = CommandFailure(message: "\(error)")
            state.withLock { $0.ending = Ending(outcome: outcome, log: .failure(failure)) }
        }
    }
}
