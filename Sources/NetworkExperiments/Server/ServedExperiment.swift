import Dispatch
import Experiments
import Federation
import FederationServer
import FederationWire
import Foundation
import Parameters
import Synchronization
import Training

/// One run of a server: hands it what it needs of networks, data and disk, and keeps store and log up to
/// date.
public final class ServedExperiment: Sendable {
    /// What is served.
    public let run: ExperimentRun
    /// What clients know it by.
    public let name: RunIdentifier
    let recorder: RunRecorder
    private let workers: LocalWorkers
    private let timing: ServerTiming
    private let onEvent: @Sendable (ServedEvent) -> Void
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
    public struct Ending: Sendable {
        /// How it ended.
        public var outcome: Outcome
        /// Where the log is, or why there is none.
        public var log: Result<URL, ServedRunError>
    }

    package init(
        _ recorder: RunRecorder, workers: LocalWorkers, timing: ServerTiming,
        onEvent: @escaping @Sendable (ServedEvent) -> Void
    ) throws(ServedRunError) {
        run = recorder.run
        self.recorder = recorder
        self.workers = workers
        self.timing = timing
        self.onEvent = onEvent
        guard let name = RunIdentifier(recorder.name) else { throw .name(recorder.name) }
        self.name = name
        let resumed = recorder.run.resumed
        state = Mutex(State(rounds: resumed?.rounds ?? [], model: resumed?.state?.model))
    }

    /// How it ended; nil while it goes on.
    public var ending: Ending? { state.withLock { $0.ending } }

    /// How many rounds are committed.
    public var roundCount: Int { state.withLock { $0.rounds.count } }

    /// The run as the server takes it over.
    package func served() throws -> ServedRun {
        let parts = run.parts
        return ServedRun(
            settings: try RunSettings(
                run.spec, inputs: run.inputs, architecture: run.architecture, run: name,
                heartbeatSeconds: timing.heartbeatSeconds, pollSeconds: timing.pollSeconds),
            facts: facts,
            plan: RunPlan(
                rules: run.spec.servedRules, strategy: parts.strategy,
                layout: run.architecture.layout, seed: parts.seed, opensBeforeCommit: false),
            state: run.resumed?.state ?? parts.initialState, rounds: run.resumed?.rounds ?? [],
            keptUpdates: try recorder.keptUpdates(),
            keep: recorder.store.map { _ in keep },
            startedAt: run.started,
            work: { [training = run.spec.training] in
                training.work(samples: $0, client: $1, round: $2)
            },
            evaluate: { [workers] subject, round, model in
                await workers.evaluate(model, on: parts.evaluationSet(for: subject, in: round))
            },
            commit: { [self] round, state in
                try await onDisk { try self.commit(round, state) }.get()
            },
            finish: { [self] outcome, model in
                _ = await onDisk { self.finish(outcome, model) }
            })
    }

    /// What the page lists.
    private var facts: RunState.Facts {
        var facts = run.spec.facts(of: name.text)
        facts.score = run.score
        facts.classNames = run.data.dataset.classNames
        return facts
    }

    @Sendable private func keep(_ update: ModelUpdate) async throws {
        do {
            try await onDisk { [recorder] () throws in try recorder.keep(update) }.get()
        } catch {
            state.withLock { $0.hasFailed = true }
            throw error
        }
    }

    /// Notes that the server stops before the run is over.
    public func interrupt() {
        guard ending == nil else { return }
        recorder.interrupt(state.withLock { $0.rounds })
    }

    /// Writes what there is room for of a run that has ended because its store could not take a round,
    /// and says what; nil if it has ended otherwise.
    public func logAfterFailure() -> String? {
        let known = state.withLock { ($0.hasFailed, $0.rounds, $0.model) }
        guard known.0 else { return nil }
        return recorder.salvage(
            known.1, model: known.2 ?? ParameterVector(zeros: run.architecture.layout.count))
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
            try recorder.commit(round, state)
        } catch {
            self.state.withLock { $0.hasFailed = true }
            throw error
        }
        self.state.withLock { known in
            round.append(to: &known.rounds)
            known.model = state.model
        }
        onEvent(.committed(round, recorder))
    }

    private func finish(_ outcome: Outcome, _ model: ParameterVector) {
        let rounds = state.withLock { $0.rounds }
        let log: Result<URL, ServedRunError>
        do {
            let kept = try recorder.end(
                RunResult(outcome: outcome, model: model, rounds: rounds))
            guard let file = kept.file else { throw ServedRunError.noLog("there is no folder") }
            onEvent(.ended(kept, recorder))
            log = .success(file)
        } catch {
            log = .failure(.noLog(sentence(for: error)))
        }
        state.withLock { $0.ending = Ending(outcome: outcome, log: log) }
    }
}

/// What happens to a server's runs.
public enum ServedEvent: Sendable {
    /// A run is there and waits for its clients; notes say what there is to know of its data.
    case began(RunRecorder, notes: [String])
    /// A round is permanent.
    case committed(CommittedRound, RunRecorder)
    /// Log and model are written.
    case ended(RunRecorder.Kept, RunRecorder)
}

/// Why a run cannot be served, or is not kept; one sentence.
public enum ServedRunError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A name that no served run can have.
    case name(String)
    /// Nothing could be written at its end; a sentence of why.
    case noLog(String)

    /// One sentence.
    public var description: String {
        switch self {
        case .name(let name): "“\(name)” is no name that a served run can have"
        case .noLog(let sentence): sentence
        }
    }
}
