import Datasets
import Experiments
import FederationClient
import FederationWire
import Foundation
import Parameters
import Synchronization
import Training

/// A client of a served run, with data on this machine.
///
/// ```
/// let address = try ServerAddress("http://127.0.0.1:9103")
/// let client = ExperimentClient(ClientConfiguration(address: address, client: 0))
/// let ending = try await client.run { _ in try RunData.load("mnist") }
/// ```
public final class ExperimentClient: Sendable {
    /// What happens.
    public enum Event: Sendable {
        /// A run is there to take part in.
        case began(RunSettings, ClientSetup, origin: String)
        /// A round, or a server that is away.
        case round(ClientEvent)
        /// Something to be told, in a sentence.
        case notice(String)
    }

    private let configuration: ClientConfiguration
    private let slots: CoreSlots
    private let hasOwnData: Bool
    private let stateFolder: String?
    private let onEvent: @Sendable (Event) -> Void
    /// What it has in common with the other clients of its process; nil where it has all for itself.
    private let shared: SharedParts?
    /// What is in use for a run, until another's takes its place.
    private let parts = Mutex<(workers: LocalWorkers?, states: StateFile?)>((nil, nil))

    /// A client that has not joined yet.
    /// - Parameters:
    ///   - cores: how many clients of this machine may train at once, over all processes.
    ///   - hasOwnData: whether its data may be others than the server's.
    ///   - stateFolder: where it keeps what its updates leave for the next round; nil for the usual one.
    ///   - onEvent: told what happens, on any thread.
    public convenience init(
        _ configuration: ClientConfiguration, cores: Int = availableProcessorCount(),
        hasOwnData: Bool = false, stateFolder: String? = nil,
        onEvent: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.init(
            configuration, cores: cores, hasOwnData: hasOwnData, stateFolder: stateFolder,
            shared: nil, onEvent: onEvent)
    }

    init(
        _ configuration: ClientConfiguration, cores: Int, hasOwnData: Bool, stateFolder: String?,
        shared: SharedParts?, onEvent: @escaping @Sendable (Event) -> Void
    ) {
        self.shared = shared
        self.configuration = configuration
        slots = CoreSlots(count: cores)
        self.hasOwnData = hasOwnData
        self.stateFolder = stateFolder
        self.onEvent = onEvent
    }

    /// Takes part until the run is over, or this task is cancelled, which leaves the run.
    /// - Parameter data: the data for a run, of which it is told as much as clients are.
    /// - Returns: how the run ended.
    /// - Throws: `JoinError` and what `data` throws; `ClientError` where the server refuses it.
    public func run(
        data: @escaping @Sendable (RunSpec) throws -> RunData
    ) async throws -> FederationClient.Ending {
        if let problem = slots.problem {
            onEvent(.notice("clients of this machine do not wait for each other: \(problem)"))
        }
        let client = FederationClient(
            configuration, prepare: { [self] in try prepare($0, data) },
            report: { [onEvent] in onEvent(.round($0)) })
        defer { replaceParts(nil, nil) }
        let ending = try await client.run()
        // What was kept is of no use to anybody any more.
        parts.withLock { $0.states }?.remove()
        return ending
    }

    private func prepare(
        _ settings: RunSettings, _ load: @Sendable (RunSpec) throws -> RunData
    ) throws -> any Participant {
        let spec = try RunSpec(settings)
        guard configuration.client < spec.clients else {
            throw JoinError.client(configuration.client, clients: spec.clients)
        }
        let parts =
            try shared?.parts(of: settings) { try makeParts(settings, spec, load, threads: $0) }
            ?? makeParts(settings, spec, load, threads: 1)
        let setup = parts.setup
        let states = try setup.strategy.hasClientState ? stateFile(settings) : nil
        // What is shared is not this client's to end.
        replaceParts(shared == nil ? parts.workers : nil, states)
        onEvent(.began(settings, setup, origin: parts.data.dataset.origin))
        return LocalParticipant(
            client: configuration.client, seed: spec.seed, images: parts.data.dataset.train,
            shards: setup.shards, workers: parts.workers, architecture: setup.digest,
            strategy: setup.strategy,
            states: states, slots: slots, onNotice: { [onEvent] in onEvent(.notice($0)) })
    }

    private func makeParts(
        _ settings: RunSettings, _ spec: RunSpec, _ load: (RunSpec) throws -> RunData, threads: Int
    ) throws -> SharedParts.Parts {
        let data = try load(spec).knowingWriters(for: spec.partition)
        for note in data.notes { onEvent(.notice(note)) }
        let setup = try ClientSetup(
            settings, images: data.dataset.train, owners: data.dataset.owners)
        if !hasOwnData { try check(data, setup, settings) }
        return SharedParts.Parts(
            data: data, setup: setup,
            workers: LocalWorkers(
                setup.architecture, engine: spec.engine, loss: setup.loss, training: spec.training,
                largestShard: setup.shards.largestShard, threads: threads))
    }

    /// Refuses data that are not the server's.
    ///
    /// A server of an earlier version names its data only; then the name is all there is to compare.
    private func check(
        _ data: RunData, _ setup: ClientSetup, _ settings: RunSettings
    ) throws(JoinError) {
        let inputs = RunInputs(
            setup.spec, data: data.source.fingerprint, shards: setup.shards)
        if let wanted = settings.dataFingerprint, wanted != inputs.dataText {
            throw .otherData(origin: data.dataset.origin, server: setup.spec.dataset)
        }
        if let wanted = settings.partitionFingerprint, wanted != inputs.partitionText {
            throw .otherDivision(setup.spec.partition?.description ?? "of the server")
        }
    }

    /// Where what the client's transforms keep outlives the client.
    private func stateFile(_ settings: RunSettings) throws -> StateFile {
        guard let folder = stateFolder ?? StateFile.defaultFolder() else {
            throw JoinError.noStateFolder
        }
        return try StateFile(settings, client: configuration.client, in: folder) {
            onEvent(.notice($0))
        }
    }

    /// Ends the threads of the run before.
    private func replaceParts(_ workers: LocalWorkers?, _ states: StateFile?) {
        let before = parts.withLock { parts in
            defer { parts = (workers, states) }
            return parts.workers
        }
        before?.close()
    }

    /// How many clients of this machine train at once.
    package var cores: Int { slots.count }
}
