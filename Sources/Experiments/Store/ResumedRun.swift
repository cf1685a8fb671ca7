import Datasets
import Federation
import FederationStore
import Foundation
import JSON
import NeuralNetworks

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
    public private(set) var state: FederationState?
    /// Where the logs of the store's other runs are.
    let otherLogs: Set<String>

    /// What the store calls the runs that a program makes with `RunRecorder`, unless it says otherwise.
    public static let usualKind = "run"

    /// Its name in the store.
    public var name: String { run.name }

    /// The last unfinished run of that kind; nil if the store has none.
    /// - Parameter rounds: how many it is to have in all, if more than it was meant for.
    /// - Throws: `StoreError`, `ResumeError`.
    public init?(last kind: String = usualKind, in store: RunStore, rounds: Int? = nil) throws {
        guard let run = try store.resumeLast(kind: kind) else { return nil }
        try self.init(run, in: store, rounds: rounds)
    }

    /// The run of that name, or whose name begins so; also one that failed or diverged, to
    /// try its next round again.
    ///
    /// With more `rounds` than it was meant for, a run goes on that has come to a good end, too. It has the
    /// bits then of one that was meant for so many from the beginning. What ended it before its last round,
    /// a target or too long without progress, ends it no more.
    /// - Parameter rounds: how many it is to have in all; nil for as many as it was meant for.
    /// - Throws: `StoreError`, `ResumeError`.
    public init(
        _ name: String, kind: String = usualKind, in store: RunStore, rounds: Int? = nil
    ) throws {
        try self.init(
            store.resume(name, kind: kind, extending: rounds != nil), in: store, rounds: rounds)
    }

    private init(_ run: StoredRun, in store: RunStore, rounds wanted: Int?) throws {
        do {
            try self.init(taken: run, in: store, rounds: wanted)
        } catch {
            store.release(run.name)
            throw error
        }
    }

    private init(taken run: StoredRun, in store: RunStore, rounds wanted: Int?) throws {
        self.run = run
        var spec: RunSpec
        do {
            spec = try RunSpec(configuration: run.header.configuration)
            source = try run.source.decoded()
        } catch {
            throw ResumeError.unknownSettings(run: run.name)
        }
        try spec.extend(run, to: wanted)
        self.spec = spec
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

    /// Puts the model that the run began with before that of its first round, which updates of the second are
    /// held against; the store has those of rounds alone.
    mutating func recallBeginning(_ spec: RunSpec, _ architecture: Architecture) {
        guard rounds.count == 1, let known = state, known.previous == nil else { return }
        // A file that has gone, or is another now, leaves a round without figures, and spoils nothing.
        let weights = try? spec.weights(for: architecture)
        guard weights?.fingerprint == source.initialModel else { return }
        let model = weights?.parameters ?? architecture.initialParameters(seed: spec.seed)
        if model.count == known.model.count { state?.previous = model }
    }

    /// Refuses a strategy that has no use for the run's state.
    func check(_ strategy: Strategy) throws(ResumeError) {
        guard let state, let problem = strategy.problem(with: state) else { return }
        throw .otherState(run: name, reason: problem)
    }

    /// What there is to say of a run that an earlier version began and that cannot be checked, or whose rule is
    /// another program by now: it may have been mended.
    package func note(on inputs: RunInputs) -> String? {
        if let rule = source.serverRule, rule != inputs.serverRule {
            return
                "\(spec.serverRuleFile ?? "the server rule") has changed since run \(name) began: its "
                + "further rounds are the changed program's"
        }
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

extension RunSpec {
    /// Has a run of these settings go on for longer.
    /// - Parameter wanted: its rounds in all; nil for those that it has.
    /// - Throws: `ResumeError` where others were meant from the beginning; `StoreError.runIsOver`.
    fileprivate mutating func extend(_ run: StoredRun, to wanted: Int?) throws {
        guard let wanted, wanted != rounds else {
            guard !run.isFinished || !run.state.isOver else {
                throw StoreError.runIsOver(run.name, outcome: run.outcome)
            }
            return
        }
        guard wanted > rounds else {
            throw ResumeError.fewerRounds(
                run: run.name, rounds: wanted, planned: rounds, committed: run.roundCount)
        }
        if let schedule, schedule.dependsOnRounds {
            throw ResumeError.schedule(run: run.name, "\(schedule)", planned: rounds)
        }
        rounds = wanted
        switch run.state {
        case .target: targetAccuracy = nil
        case .stalled: patience = nil
        default: break
        }
    }
}
