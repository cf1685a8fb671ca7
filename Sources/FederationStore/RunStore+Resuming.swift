import Federation

extension RunStore {
    /// The run that a name or the beginning of one means; “last” is the last one.
    /// - Throws: `StoreError.unknownRun`, `.ambiguousRun`.
    package func name(beginning: String) throws(StoreError) -> String {
        let names = try runNames()
        if names.contains(beginning) { return beginning }
        if beginning == "last", let last = names.last { return last }
        let found = beginning.isEmpty ? [] : names.filter { $0.hasPrefix(beginning) }
        guard let name = found.first else { throw .unknownRun(beginning, existing: names) }
        guard found.count == 1 else { throw .ambiguousRun(beginning, matches: found) }
        return name
    }

    /// Takes an unfinished run for this process to go on with.
    /// - Parameter beginning: its name, or the beginning of that.
    /// - Throws: `StoreError.unknownRun`, `.ambiguousRun`, `.otherKind`, `.runIsOver`, or `.runInUse`
    ///   while another process is at it.
    package func resume(
        _ beginning: String, kind: String
    ) throws(StoreError) -> StoredRun {
        let name = try name(beginning: beginning)
        let found = try run(name)
        guard found.kind == kind else { throw .otherKind(name, kind: found.kind) }
        guard !found.isFinished else { throw .runIsOver(name, outcome: found.outcome) }
        return try take(name)
    }

    /// Takes the last unfinished run of that kind that no other process is at.
    /// - Returns: nil if there is none.
    /// - Throws: `StoreError.runInUse` if there are some, and other processes are at all of them.
    package func resumeLast(kind: String) throws(StoreError) -> StoredRun? {
        let names = try unfinishedRuns(kind: kind)
        var inUse: StoreError?
        for name in names {
            do throws(StoreError) {
                return try take(name)
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

    private func take(_ name: String) throws(StoreError) -> StoredRun {
        try hold(name)
        do throws(StoreError) {
            // Whoever had it until now may have ended it.
            let found = try run(name)
            guard !found.isFinished else { throw .runIsOver(name, outcome: found.outcome) }
            return found
        } catch {
            release(name)
            throw error
        }
    }

    private func runNames() throws(StoreError) -> [String] {
        try read { try $0.values(String.self, sql: "SELECT name FROM runs ORDER BY number") }
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
