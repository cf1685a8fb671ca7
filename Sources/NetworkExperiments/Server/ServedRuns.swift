import Dispatch
import Experiments
import Federation
import FederationServer
import FederationStore
import FederationWire
import Foundation
import Synchronization
import Training

/// Makes the runs of one server: the first, and those that clients of the plain API ask for.
public final class ServedRuns: Sendable {
    /// What the store calls a server's runs.
    public static let kind = "serve"

    private let store: RunStore?
    private let directory: LogDirectory
    private let timing: ServerTiming
    private let labels: RunLabels?
    private let onEvent: @Sendable (ServedEvent) -> Void
    private let state = Mutex<(served: ServedExperiment, workers: LocalWorkers)?>(nil)

    /// - Parameters:
    ///   - store: where rounds are kept; nil for nowhere.
    ///   - directory: where logs and models go.
    ///   - onEvent: told what happens to the runs.
    ///   - labels: what its user says of the first run; nil for nothing new.
    public init(
        store: RunStore?, directory: LogDirectory, timing: ServerTiming, labels: RunLabels? = nil,
        onEvent: @escaping @Sendable (ServedEvent) -> Void = { _ in }
    ) {
        self.store = store
        self.directory = directory
        self.timing = timing
        self.labels = labels
        self.onEvent = onEvent
    }

    /// The run that is served.
    public var current: ServedExperiment? { state.withLock { $0?.served } }

    /// Makes the first run; `announce` says that it is there.
    public func make(_ run: ExperimentRun) throws -> ServedRun {
        // They test models; their clients train elsewhere.
        let workers = LocalWorkers(
            run.architecture, engine: run.spec.engine, loss: run.parts.loss,
            training: run.spec.training, largestShard: 1, threads: run.threads)
        return try make(run, workers: workers, labels: labels).served
    }

    /// Says of the first run that it waits for clients, once the server listens.
    public func announce(notes: [String] = []) {
        guard let current else { return }
        onEvent(.began(current.recorder, notes: notes))
    }

    /// Makes the run that was asked for, with the first one's settings in all else.
    public func make(_ request: RunRequest) async throws -> ServedRun {
        guard let (before, workers) = state.withLock({ $0 }) else {
            preconditionFailure("a run was asked for before there was one")
        }
        guard let spec = before.run.spec.changed(to: request) else {
            throw APIError(
                .invalidField, "there is no experiment \(request.experiment)",
                got: .integer(request.experiment))
        }
        let run: ExperimentRun
        do {
            var data = before.run.data
            data.loadSeconds = 0
            run = try ExperimentRun(
                spec, data: data, threads: before.run.threads, place: .served)
        } catch {
            // The rest of the settings was chosen for another number of clients, or another experiment.
            throw APIError(
                .outOfRange,
                "a run of \(request.clients) clients, experiment \(request.experiment) and "
                    + "\(request.rounds) rounds is not to be had of this server: \(error)")
        }
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { [self] in
                continuation.resume(
                    with: Result {
                        let (next, recorder) = try make(run, workers: workers)
                        onEvent(.began(recorder, notes: []))
                        // Only now: where no other can be made, this one goes on.
                        before.interrupt()
                        return next
                    })
            }
        }
    }

    private func make(
        _ run: ExperimentRun, workers: LocalWorkers, labels: RunLabels? = nil
    ) throws -> (served: ServedRun, recorder: RunRecorder) {
        let recorder = try RunRecorder(
            run, store: store, logs: directory, kind: Self.kind, labels: labels)
        let served = try ServedExperiment(
            recorder, workers: workers, timing: timing, onEvent: onEvent)
        state.withLock { $0 = (served, workers) }
        return (try served.served(), recorder)
    }
}
