import FederationStore
import Synchronization

/// The runs of a store for those who follow them: what has changed since they looked last.
public final class RunList: Sendable {
    private struct State {
        var store: RunStore?
        var revision = 0
        var marks: [Int: RunMark] = [:]
        var rows: [Int: (row: RunRow, revision: Int)] = [:]
        var removed: [(id: String, revision: Int)] = []
    }

    /// Runs that are others than at a revision.
    public struct Changes: Sendable, Equatable {
        /// The revision that they lead to.
        public var revision: Int
        /// In the order in which they began.
        public var rows: [RunRow]
        /// The ids of runs that are gone.
        public var removed: [String]
    }

    private let state = Mutex(State())

    /// The runs of a store that others may be writing, not read yet; nil for none, which there is not yet.
    public init(_ store: RunStore? = nil) { use(store) }

    /// Reads another store from now on, or the same one anew: what it lacks of the runs that are known is gone.
    public func use(_ store: RunStore?) { state.withLock { $0.store = store } }

    /// Counts the changes that have been seen.
    public var revision: Int { state.withLock { $0.revision } }

    /// The revision at which a run changed last; nil where there is none of that id.
    public func revision(of id: String) -> Int? {
        state.withLock { state in state.rows.values.first { $0.row.id == id }?.revision }
    }

    /// Looks at the store, and reads the runs that have changed.
    /// - Returns: whether there are any.
    /// - Throws: `StoreError`; what was known stays known.
    @discardableResult
    public func refresh() throws(StoreError) -> Bool {
        let (store, known) = state.withLock { ($0.store, $0.marks) }
        let marks = try store?.marks() ?? [:]
        let changed = Set(marks.filter { known[$0.key] != $0.value }.keys)
        let gone = Set(known.keys).subtracting(marks.keys)
        guard !changed.isEmpty || !gone.isEmpty else { return false }
        // Of few runs they are read one by one; SQLite's statements have no room for all.
        let rows =
            changed.isEmpty
            ? []
            : try store?.listing(changed.count <= 200 ? changed : nil, points: RunRow.sparkPoints)
                ?? []
        state.withLock { state in
            state.revision += 1
            for number in gone {
                guard let (row, _) = state.rows.removeValue(forKey: number) else { continue }
                state.removed.append((row.id, state.revision))
            }
            for run in rows where changed.contains(run.number) {
                // Another store has its own by that number.
                if let old = state.rows[run.number]?.row.id, old != run.name {
                    state.removed.append((old, state.revision))
                }
                state.removed.removeAll { $0.id == run.name }
                state.rows[run.number] = (RunRow(run), state.revision)
            }
            state.marks = marks
        }
        return true
    }

    /// What is other than at a revision; all runs for 0.
    public func changes(since revision: Int = 0) -> Changes {
        state.withLock { state in
            // Of another life of this list.
            let since = revision > state.revision ? 0 : revision
            return Changes(
                revision: state.revision,
                rows: state.rows.filter { $0.value.revision > since }.sorted { $0.key < $1.key }
                    .map(\.value.row),
                removed: state.removed.filter { $0.revision > since }.map(\.id))
        }
    }
}
