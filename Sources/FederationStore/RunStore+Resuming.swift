import Federation
import Platform

extension RunStore {
    /// The run that is meant by its name in the store, by what its user calls it, or by the beginning of
    /// either; “last” is the last one. What is whole goes before what only begins so.
    /// - Throws: `StoreError.unknownRun`, `.ambiguousRun`.
    package func name(beginning: String) throws(StoreError) -> String {
        let runs = try runNames()
        let names = runs.map(\.name)
        if names.contains(beginning) { return beginning }
        if beginning == "last", let last = names.last { return last }
        var found = runs.filter { $0.label == beginning }
        if found.isEmpty, !beginning.isEmpty {
            found = runs.filter {
                $0.name.hasPrefix(beginning) || $0.label?.hasPrefix(beginning) == true
            }
        }
        guard let run = found.first else { throw .unknownRun(beginning, existing: names) }
        guard found.count == 1 else {
            throw .ambiguousRun(
                beginning,
                matches: found.map { run in
                    run.name + (run.label.map { " (\($0.printable))" } ?? "")
                })
        }
        return run.name
    }

    /// Takes a run for this process to go on with.
    /// - Parameters:
    ///   - beginning: its name, what its user calls it, or the beginning of either.
    ///   - extending: whether it is to go on for longer than it was meant to; it may be over then.
    /// - Throws: `StoreError.unknownRun`, `.ambiguousRun`, `.otherKind`, `.runIsOver`, or `.runInUse`
    ///   while another process is at it.
    package func resume(
        _ beginning: String, kind: String, extending: Bool = false
    ) throws(StoreError) -> StoredRun {
        let name = try name(beginning: beginning)
        let found = try run(name)
        guard found.kind == kind else { throw .otherKind(name, kind: found.kind) }
        try check(found, extending)
        return try take(name, extending)
    }

    private func check(_ run: StoredRun, _ extending: Bool) throws(StoreError) {
        guard extending || !run.isFinished || !run.state.isOver else {
            throw .runIsOver(run.name, outcome: run.outcome)
        }
    }

    /// Takes the last unfinished run of that kind that no other process is at.
    /// - Returns: nil if there is none.
    /// - Throws: `StoreError.runInUse` if there are some, and other processes are at all of them.
    package func resumeLast(kind: String) throws(StoreError) -> StoredRun? {
        let names = try unfinishedRuns(kind: kind)
        var inUse: StoreError?
        for name in names {
            do throws(StoreError) {
                let found = try take(name)
                if !found.isFinished { return found }
                // It has failed meanwhile: going on with that is to be said.
                release(name)
            } catch {
                switch error {
                case .runInUse: inUse = inUse ?? error
                case .runIsOver, .unknownRun: continue
                default: throw error
                }
            }
        }
        if let inUse { throw inUse }
        return nil
    }

    /// Whether a process is at a run, and which, where that is known.
    package func holder(of run: String) -> LockFile.Holder? {
        LockFile.holder(of: "\(place)-\(run)-lock")
    }

    private func take(
        _ name: String, _ extending: Bool = false
    ) throws(StoreError) -> StoredRun {
        try hold(name)
        do throws(StoreError) {
            // Whoever had it until now may have ended it.
            var found = try run(name)
            try check(found, extending)
            // It was meant for that life of the run.
            try write { db in try forgetWish(number(of: name, db), db) }
            (found.wish, found.isPaused) = (nil, false)
            return found
        } catch {
            release(name)
            throw error
        }
    }

    /// Runs by their names in the store, with what their users call them.
    private func runNames() throws(StoreError) -> [(name: String, label: String?)] {
        try read { db in
            let isLabelled = try db.hasTable("labels")
            return try db.rows(
                sql: isLabelled
                    ? """
                    SELECT runs.name, labels.name FROM runs LEFT JOIN labels ON run = number
                    ORDER BY number
                    """ : "SELECT name, NULL FROM runs ORDER BY number"
            ) { (try $0[0], try $0[1]) }
        }
    }

    private func unfinishedRuns(kind: String) throws(StoreError) -> [String] {
        try read { db in
            try db.values(
                String.self,
                sql:
                    "SELECT name FROM runs WHERE kind = ? AND NOT is_finished ORDER BY number DESC",
                arguments: [kind])
        }
    }
}
