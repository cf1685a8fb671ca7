import Experiments
import Federation
import FederationServer
import FederationStore
import FederationWire
import Foundation
import Synchronization

/// A server of an experiment, for clients on any machine; of others, too, where a client of the plain API
/// asks for one.
///
/// ```
/// let run = try ExperimentRun(spec, place: .served)
/// let server = try ExperimentServer(run, logs: LogDirectory(URL(filePath: "Logs")))
/// let served = try server.serve()
/// ```
public final class ExperimentServer: Sendable {
    /// What happens.
    public enum Event: Sendable {
        /// Clients can come to that address.
        case listening(address: String)
        /// A run begins, goes on or is over.
        case run(ServedEvent)
        /// Whom the run waits for; nil where all that it needs are there.
        case waiting(RoundWait?)
        /// Something to be told, in a sentence.
        case notice(String)
        /// A run is over, and the server goes on.
        case over
    }

    /// Where it listens and who may reach it.
    public let configuration: ServerConfiguration
    private let runs: ServedRuns
    private let store: RunStore?
    private let endsWithRun: Bool
    private let onEvent: @Sendable (Event) -> Void
    private let server: FederationServer
    private let known: Known

    /// The server, for what happens on it.
    private final class Known: Sendable {
        let server = Mutex<FederationServer?>(nil)
    }

    /// A server that does not listen yet.
    /// - Parameters:
    ///   - run: the first run, made for the place `.served`.
    ///   - configuration: nil for one that this machine alone reaches.
    ///   - store: where rounds are kept; nil for nowhere.
    ///   - logs: where logs and models go.
    ///   - labels: what its user says of the run; nil for nothing, or for what the store has.
    ///   - endsWithRun: whether it ends when a run is over and its clients know; else with `stop`.
    ///   - onEvent: told what happens, on any thread.
    /// - Throws: `StoreError`; `ServedRunError`; `ExposureError`.
    public init(
        _ run: ExperimentRun, configuration: ServerConfiguration? = nil, store: RunStore? = nil,
        logs: LogDirectory, labels: RunLabels? = nil, endsWithRun: Bool = true,
        onEvent: @escaping @Sendable (Event) -> Void = { _ in }
    ) throws {
        let configuration =
            configuration
            ?? ServerConfiguration(limits: Self.limits(of: run), version: LibraryVersion.text)
        self.configuration = configuration
        self.endsWithRun = endsWithRun
        self.store = store
        self.onEvent = onEvent
        let runs = ServedRuns(
            store: store, directory: logs, timing: configuration.timing, labels: labels
        ) {
            onEvent(.run($0))
        }
        self.runs = runs
        let known = Known()
        self.known = known
        server = try FederationServer(
            configuration, run: runs.make(run), makeRun: { try await runs.make($0) },
            report: { event in
                switch event {
                case .note, .committed: break
                case .notice(let text): onEvent(.notice(text))
                case .waiting(let wait): onEvent(.waiting(wait))
                case .failed(let reason): onEvent(.notice(reason))
                case .finished:
                    guard endsWithRun else { return onEvent(.over) }
                    guard let server = known.server.withLock({ $0 }) else { return }
                    Task.detached {
                        await server.waitUntilClientsKnow(seconds: 10)
                        server.stop()
                    }
                }
            })
        known.server.withLock { $0 = server }
    }

    /// Limits that fit a run's model and clients.
    public static func limits(of run: ExperimentRun) -> ServerLimits {
        var limits = ServerLimits(parameterCount: run.architecture.parameterCount)
        limits.connections = max(limits.connections, 2 * run.spec.clients)
        return limits
    }

    /// Serves until it is stopped or its run is over; to be called once, from a thread outside Swift's
    /// cooperative pool, which waits.
    /// - Parameter notes: what there is to say of the first run's data.
    /// - Returns: the last run; nil where there was none.
    /// - Throws: `ListenError`; `RecordingError.notCommitted` where a store could not take a round.
    public func serve(notes: [String] = []) throws -> ServedExperiment? {
        Task.detached { [server, runs, onEvent] in
            guard await server.port != nil else { return }
            onEvent(.listening(address: await server.address))
            runs.announce(notes: notes)
            onEvent(.waiting(await server.waiting))
        }
        let watch = store.map { store in
            WishWatch(
                of: { [runs] in
                    guard let current = runs.current, current.ending == nil else { return nil }
                    return current.name.text
                }, in: store, WishWatch.Means(stop: { [server] in server.stop() }))
        }
        defer { watch?.end() }
        let result = Result { try waitFor { [server] in try await server.run() } }
        known.server.withLock { $0 = nil }
        let current = runs.current
        if case .failure(let error) = result, let clause = current?.logAfterFailure() {
            throw RecordingError.notCommitted(reason: sentence(for: error), kept: clause)
        }
        current?.interrupt()
        try result.get()
        return current
    }

    /// Lets what is under way be finished, and ends; from any thread.
    public func stop() { server.stop() }
}
