import Federation
import FederationStore
import Foundation
import JSON
import Parameters
import Synchronization

/// Keeps one run: its rounds in a store while it goes on, log and model in a folder when it is over.
///
/// ```
/// let store = try RunStore(path: "Logs/federated.sqlite")
/// let recorder = try RunRecorder(run, store: store, logs: LogDirectory(URL(filePath: "Logs")))
/// let kept = try recorder.end(run.run(keeping: recorder))
/// ```
///
/// A run that is killed goes on from its last committed round: see `ResumedRun`.
public final class RunRecorder: Sendable {
    /// What is kept.
    public let run: ExperimentRun
    /// Where rounds are kept; nil for nowhere.
    public let store: RunStore?
    /// Its name in the store; else when it was begun, as a log's name has it.
    public let name: String
    private let logs: LogDirectory?
    private let nestsModel: Bool
    private let storeEvery: Int
    /// As it was begun with.
    private let labels: RunLabels
    /// Rounds that are not in the store yet, and what is known after them.
    private let waiting = Mutex<(rounds: [CommittedRound], state: FederationState)?>(nil)
    /// What a resumed run's log takes the place of.
    private let earlier: EarlierLogs

    /// A run that has been written.
    public struct Kept: Sendable {
        /// Its log, without the final model.
        public let log: RunLog
        /// The log's file; nil where there is no folder for it. The model lies beside it, as safetensors.
        public let file: URL?
        /// How the run ended.
        public let outcome: Outcome
    }

    /// Enters a run, or takes up the one that it goes on with.
    /// - Parameters:
    ///   - logs: where log and model go; nil for nowhere.
    ///   - kind: what the store calls runs of this origin, to tell which to resume.
    ///   - storeEvery: after how many rounds they go into the store, in one transaction. A run that is killed
    ///     goes on from the last of those, to the same bits.
    ///   - nestsModel: whether the log has the final model in it, as nested lists, too.
    ///   - labels: what its user says of the run; nil for nothing, or for what the store has of one that
    ///     goes on.
    /// - Throws: `StoreError`.
    public init(
        _ run: ExperimentRun, store: RunStore? = nil, logs: LogDirectory? = nil,
        kind: String = ResumedRun.usualKind, labels: RunLabels? = nil, storeEvery: Int = 1,
        nestsModel: Bool = true
    ) throws {
        precondition(storeEvery > 0, "rounds are stored every \(storeEvery)")
        self.storeEvery = storeEvery
        self.run = run
        self.store = store
        self.logs = logs
        self.nestsModel = nestsModel
        self.labels = labels ?? RunLabels.none
        earlier = logs.map { EarlierLogs(of: run.resumed, in: $0) } ?? .none
        guard let store else {
            name = LogDirectory.stamp(run.started)
            return
        }
        if let resumed = run.resumed?.name {
            name = resumed
            // The log of its interruption is its log until there is another.
            let log = try store.run(resumed).logFile
            try store.end(resumed, header: run.header, isFinished: false, logFile: log)
        } else {
            var source = run.data.source
            source.partition = run.inputs.partition
            source.initialModel = run.inputs.initialModel
            source.serverRule = run.inputs.serverRule
            source.shape = run.data.dataset.train.shape
            source.scaling = run.data.dataset.train.scaling
            name = try store.begin(
                kind: kind, header: run.header, source: try JSONValue(encoding: source),
                layout: run.architecture.layout, samples: run.samplesByClient)
        }
        if let labels { try store.setLabels(labels, of: name) }
    }

    /// Makes a round permanent, with those that wait, or lets it wait for others.
    /// - Throws: `StoreError`.
    public func commit(_ round: CommittedRound, _ state: FederationState) throws(StoreError) {
        guard store != nil else { return }
        let isFull = waiting.withLock { waiting in
            waiting = ((waiting?.rounds ?? []) + [round], state)
            return (waiting?.rounds.count ?? 0) >= storeEvery
        }
        if isFull { try storeWaiting() }
    }

    /// Makes all rounds permanent that wait.
    private func storeWaiting() throws(StoreError) {
        guard let (rounds, state) = waiting.withLock({ $0.take() }) else { return }
        try store?.commit(rounds, state: state, in: name)
    }

    /// Makes an update that a client was told of last until its round is committed.
    package func keep(_ update: ModelUpdate) throws(StoreError) {
        try store?.keep(update, in: name)
    }

    /// The updates that an earlier life of a server has kept for the round that comes next.
    package func keptUpdates() throws(StoreError) -> [ModelUpdate] {
        try store?.keptUpdates(of: name) ?? []
    }

    // MARK: The end

    /// Writes log and model, and notes in the store how the run ended; one that was interrupted may be
    /// resumed.
    /// - Throws: `RecordingError`; `RunLogError` or `ModelFileError` where log or model cannot be written.
    public func end(_ result: RunResult) throws -> Kept {
        let log = log(of: result)
        var failure = result.commitError
        if failure == nil {
            do throws(StoreError) { try storeWaiting() } catch { failure = error }
        }
        if let error = failure {
            try? storeWaiting()
            let clause = salvage(log, model: result.model)
            throw RecordingError.notCommitted(reason: sentence(for: error), kept: clause)
        }
        if case .interrupted = result.outcome, result.rounds.isEmpty {
            try note(log, result.outcome, file: nil)
            throw RecordingError.nothingToLog
        }
        let file = try logs.map {
            try run.write(
                log, model: result.model, nested: nestsModel, to: $0, replacing: earlier)
        }
        do {
            try note(log, result.outcome, file: file)
        } catch {
            guard let file else { throw error }
            throw RecordingError.notEnded(
                reason: error.description, rounds: result.rounds.count, log: file.relativePath)
        }
        return Kept(log: log, file: file, outcome: result.outcome)
    }

    /// The run's log, with what its user says of it by now.
    private func log(of result: RunResult) -> RunLog {
        var log = run.log(of: result)
        log.say((try? store?.labels(of: name)) ?? labels)
        return log
    }

    /// Notes that the run stops before it is over, without a log.
    package func interrupt(_ rounds: [CommittedRound]) {
        try? storeWaiting()
        try? note(log(of: .interrupted(after: rounds)), .interrupted, file: nil)
    }

    /// Writes what there is room for of a run whose store could not take a round.
    /// - Returns: a clause that says what there is.
    package func salvage(_ rounds: [CommittedRound], model: ParameterVector) -> String {
        salvage(log(of: .interrupted(after: rounds)), model: model)
    }

    private func salvage(_ log: RunLog, model: ParameterVector) -> String {
        guard let logs else { return "nothing is written of it" }
        let (clause, file) = run.writeWhatFits(log, model: model, to: logs, replacing: earlier)
        // A store that could not take a round may take this.
        try? note(log, .interrupted, file: file)
        return clause
    }

    private func note(_ log: RunLog, _ outcome: Outcome, file: URL?) throws(StoreError) {
        guard let store else { return }
        try store.end(
            name, header: log, isFinished: outcome != .interrupted, logFile: file?.path)
        store.release(name)
    }
}

extension RunResult {
    /// A run that was broken off, of which the log is wanted.
    fileprivate static func interrupted(after rounds: [CommittedRound]) -> RunResult {
        RunResult(outcome: .interrupted, model: ParameterVector(zeros: 0), rounds: rounds)
    }
}
