import Dispatch
import Federation
import FederationServer
import FederationStore
import FederationWire
import Foundation
import Training
import Synchronization

/// Makes the runs of one server: the first, and those that clients of the plain API ask for.
final class ServedRuns: Sendable {
    private let store: RunStore?
    private let kind: String
    private let source: DataSource
    private let directory: LogDirectory
    private let timing: ServerTiming
    private let console: Console
    private let first = Mutex<(@Sendable () -> Void)?>(nil)
    private let state = Mutex<(served: ServedExperiment, workers: LocalWorkers)?>(nil)

    init(
        store: RunStore?, kind: String, source: DataSource, directory: LogDirectory,
        timing: ServerTiming, console: Console
    ) {
        self.store = store
        self.kind = kind
        self.source = source
        self.directory = directory
        self.timing = timing
        self.console = console
    }

    /// The run that is served.
    var current: ServedExperiment? { state.withLock { $0?.served } }

    /// Makes the first run, which is shown when the server listens.
    func make(_ run: ExperimentRun, resumed: ResumedRun?, notes: [String]) throws -> ServedRun {
        // They test models; their clients train elsewhere.
        let workers = LocalWorkers(
            run.architecture, engine: run.settings.engine, training: run.settings.training,
            largestShard: 1, threads: run.threads)
        return try make(run, resumed: resumed, workers: workers) { show in
            first.withLock { $0 = { show(notes) } }
        }
    }

    /// Shows the first run.
    func showFirst() { first.withLock { $0 }?() }

    /// Makes the run that was asked for, with the first one's settings in all else.
    func make(_ request: RunRequest) async throws -> ServedRun {
        guard let (before, workers) = state.withLock({ $0 }) else {
            preconditionFailure("a run was asked for before there was one")
        }
        guard let settings = before.run.settings.changed(to: request) else {
            throw APIError(
                .invalidField, "there is no experiment \(request.experiment)",
                got: .integer(request.experiment))
        }
        let run: ExperimentRun
        do {
            run = try ExperimentRun(
                settings, dataset: before.run.dataset, fingerprint: before.run.inputs.data,
                threads: before.run.threads, execution: .served,
                onRound: { _, _ in })
        } catch {
            // The rest of the settings was chosen for another number of clients, or another experiment.
            throw APIError(
                .outOfRange,
                "a run of \(request.clients) clients, experiment \(request.experiment) and "
                    + "\(request.rounds) rounds is not to be had of this server: \(error)")
        }
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        let next = try self.make(
                            run, resumed: nil, workers: workers
                        ) { show in show([]) }
                        // Only now: where no other can be made, this one goes on.
                        before.interrupt()
                        return next
                    })
            }
        }
    }

    private func make(
        _ run: ExperimentRun, resumed: ResumedRun?, workers: LocalWorkers,
        show: (@escaping @Sendable (_ notes: [String]) -> Void) -> Void
    ) throws -> ServedRun {
        let recorder = try store.map {
            try RunRecorder(
                $0, kind: kind, run: run, source: source, resumed: resumed?.run.name)
        }
        let display = RunDisplay(console, settings: run.settings)
        let served = try ServedExperiment(
            run, resumed: resumed, recorder: recorder, workers: workers, directory: directory,
            timing: timing,
            display: display)
        show { display.begin(run, recorder: recorder, resumed: resumed, notes: $0) }
        state.withLock { $0 = (served, workers) }
        return try served.served()
    }
}
