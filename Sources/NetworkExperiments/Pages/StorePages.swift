import Experiments
import Federation
import FederationServer
import FederationStore
import FederationWire
import Foundation
import JSON
import Platform
import Synchronization

/// The runs of a store, for a page: it follows what other processes write, and reads other users' stores.
public final class StorePages: RunPages {
    /// The store's file.
    let path: String
    private let state = Mutex(State())

    private struct State {
        let list = RunList()
        /// The store that the list reads; nil before there is one.
        var store: RunStore?
        /// Its files, as they were when it was opened.
        var opened: FileStamp?
        /// When it was read last, and how long that took.
        var readAt = -Double.infinity
        var readSeconds = 0.0
    }

    /// The runs of a store, which need not be there yet.
    public init(path: String) { self.path = path }

    /// None: there is a list.
    public var only: String? { nil }

    // MARK: Reading

    /// The list's revision; a run's is that at which it changed last.
    public func version(of run: String?) throws -> Int {
        try state.withLock { state in
            try refresh(&state)
            guard let run else { return state.list.revision }
            guard let revision = state.list.revision(of: run) else { throw Self.unknown(run) }
            return revision
        }
    }

    /// A run's state, from the rounds that are committed.
    public func state(of name: String) throws -> RunState {
        try Self.reading {
            let store = try RunStore(path: path, access: .reading)
            defer { store.close() }
            let run = try store.run(name)
            let log = try store.log(of: name, withModel: false)
            var state = RunReport.state(of: log, name: name, phase: run.phase)
            state.home = "../../"
            state.run.name = run.labels.name
            state.run.tags = run.labels.tags
            state.run.note = run.labels.note
            state.run.repeatCommand = FoundRun(run, log: log).repeatCommand
            state.steering = steering(of: run)
            return state
        }
    }

    /// All runs, or those that have changed since.
    public func list(since revision: Int?) throws -> JSONValue {
        try state.withLock { state in
            try refresh(&state)
            let changes = state.list.changes(since: revision ?? 0)
            let why = Self.whyNoSteering(path)
            let rows = changes.rows.map { row in
                var row = row
                if why != nil { row.actions = [] }
                return row.json
            }
            return [
                "version": .string(LibraryVersion.text), "store": .string(path),
                "revision": .integer(changes.revision),
                "runs": .array(rows),
                "removed": revision == nil
                    ? [] : .array(changes.removed.map(JSONValue.string)),
                "steering": [
                    "allowed": .bool(why == nil), "why": why.map(JSONValue.string) ?? .null,
                ],
            ]
        }
    }

    /// Reads the store again, but no more than a fifth of the time.
    private func refresh(_ state: inout State) throws {
        let start = MonotonicClock.seconds()
        guard start - state.readAt >= 4 * state.readSeconds else { return }
        try Self.reading {
            let stamp = FileStamp(of: path)
            // Another file has taken its place; or only copies of it can be read, which stay as they were.
            let isOther = stamp?.file != state.opened?.file
            if isOther || stamp != state.opened && state.store?.isSnapshot == true {
                let store = try stamp.map { _ in try RunStore(path: path, access: .reading) }
                state.list.use(store)
                state.store?.close()
                (state.store, state.opened) = (store, stamp)
            }
            try state.list.refresh()
        }
        state.readAt = MonotonicClock.seconds()
        state.readSeconds = state.readAt - start
    }

    // MARK: Errors

    /// What a store refuses, as an API says it: whoever asks is on this machine.
    static func reading<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as StoreError {
            switch error {
            case .unknownRun(let name, _): throw unknown(name)
            case .runInUse, .runIsOver, .otherKind, .inUse, .notGoingOn, .cannotPause:
                throw APIError(.runInProgress, "\(error)")
            default: throw APIError(.serverError, "\(error)")
            }
        } catch let error as RunLabelError {
            throw APIError(.invalidField, "\(error)")
        }
    }

    static func unknown(_ run: String) -> APIError {
        APIError(.unknownRun, "there is no run “\(run.printable(limit: 60))” in the store")
    }
}

/// What tells one state of a store's files from another.
private struct FileStamp: Equatable {
    /// Which file it is.
    let file: [Int]
    private let parts: [Int]

    /// nil where there is no file.
    init?(of path: String) {
        guard let store = Self.facts(path) else { return nil }
        file = store.file
        parts = store.state + (Self.facts(path + "-wal")?.state ?? [])
    }

    private static func facts(_ path: String) -> (file: [Int], state: [Int])? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return (
            [Int(status.st_dev), Int(status.st_ino)],
            [Int(status.st_size), Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec)]
        )
    }
}
