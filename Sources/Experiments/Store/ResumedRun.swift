import Datasets
import Federation
import FederationStore
import Foundation
import JSON

/// An unfinished run of a store, read to go on with it.
///
/// While it lives, no other process can take the run up.
public struct ResumedRun: Sendable {
    /// What the store knows of it.
    public let run: StoredRun
    /// What it was begun with.
    public let spec: RunSpec
    /// Where its data are.
    public let source: DataSource
    /// The rounds that are committed.
    public let rounds: [CommittedRound]
    /// What the federation knows after these; nil before the first.
    public let state: FederationState?
    /// Where the logs of the store's other runs are.
    let otherLogs: Set<String>

    /// What the store calls the runs that a program makes with `RunRecorder`, unless it says otherwise.
    public static let usualKind = "run"

    /// Its name in the store.
    public var name: String { run.name }

    /// The last unfinished run of that kind; nil if the store has none.
    /// - Throws: `StoreError`, `ResumeError`.
    public init?(last kind: String = usualKind, in store: RunStore) throws {
        guard let run = try store.resumeLast(kind: kind) else { return nil }
        try self.init(run, in: store)
    }

    /// The run of that name, or whose name begins so.
    /// - Throws: `StoreError`, `ResumeError`.
    public init(_ name: String, kind: String = usualKind, in store: RunStore) throws {
        try self.init(store.resume(name, kind: kind), in: store)
    }

    private init(_ run: StoredRun, in store: RunStore) throws {
        self.run = run
        do {
            spec = try RunSpec(configuration: run.header.configuration)
            source = try run.source.decoded()
        } catch {
            throw ResumeError.unknownSettings(run: run.name)
        }
        do {
            _ = try spec.validated(for: run.kind == "serve" ? .served : .memory)
        } catch {
            throw ResumeError.refused(run: run.name, reason: error.description)
        }
        otherLogs = Set(
            try store.runs().filter { $0.name != run.name }.compactMap(\.logFile))
        rounds = try store.rounds(of: run.name)
        state = try store.state(of: run.name)
    }

    // MARK: What it goes on with

    /// Refuses data that are others than the run was begun with.
    func check(_ dataset: Dataset) throws(ResumeError) {
        guard dataset.fingerprint == source.fingerprint else {
            throw .otherData(run: name, origin: dataset.origin)
        }
    }

    /// Refuses shards that divide the data otherwise than when the run was begun, and other weights to
    /// begin with.
    func check(_ inputs: RunInputs) throws(ResumeError) {
        if let weights = source.initialModel, weights != inputs.initialModel {
            throw .otherInitialModel(run: name, file: spec.initialModel ?? "")
        }
        guard let partition = source.partition, partition != inputs.partition else { return }
        throw .otherDivision(run: name, by: divider)
    }

    /// Refuses a strategy that has no use for the run's state.
    func check(_ strategy: Strategy) throws(ResumeError) {
        guard let state, let problem = strategy.problem(with: state) else { return }
        throw .otherState(run: name, reason: problem)
    }

    /// What there is to say of a run that an earlier version began and that cannot be checked.
    package func note(on inputs: RunInputs) -> String? {
        guard source.partition == nil, inputs.partition != nil else { return nil }
        return
            "run \(name) is an earlier version's, which did not keep what \(divider) held: it is "
            + "taken as it is"
    }

    private var divider: String {
        if case .csv(let file) = spec.partition { file } else { "the partition" }
    }
}

extension JSONValue {
    /// Decodes a value from its JSON.
    package func decoded<Value: Decodable>() throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(encoded()))
    }
}
