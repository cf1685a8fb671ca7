/// What users and other processes say of runs.
extension RunStore {
    /// What the store has beside a run's own row.
    struct Remarks {
        var labels = RunLabels.none
        var wish: RunWish?
        /// Whether the run says that it does as is wished.
        var isObeyed = false
    }

    /// Calls a run so from now on, in place of what was said of it before.
    /// - Throws: `StoreError.unknownRun` …
    public func setLabels(_ labels: RunLabels, of run: String) throws(StoreError) {
        try write { db in
            let run = try number(of: run, db)
            try db.execute(
                sql: "INSERT OR REPLACE INTO labels (run, name, note) VALUES (?, ?, ?)",
                arguments: [run, labels.name, labels.note])
            try db.execute(sql: "DELETE FROM tags WHERE run = ?", arguments: [run])
            for (position, tag) in labels.tags.enumerated() {
                try db.execute(
                    sql: "INSERT INTO tags (run, position, tag) VALUES (?, ?, ?)",
                    arguments: [run, position, tag])
            }
        }
    }

    /// What its user says of a run.
    public func labels(of run: String) throws(StoreError) -> RunLabels {
        try read { db in
            let run = try number(of: run, db)
            return try remarks(of: run, db)[run]?.labels ?? RunLabels.none
        }
    }

    /// What another process wants of a run; nil for nothing.
    public func wish(of run: String) throws(StoreError) -> RunWish? {
        try read { db in
            // A store of an earlier version that is only read has none.
            guard try db.hasTable("wishes") else { return nil }
            return try db.value(
                String.self, sql: "SELECT wish FROM wishes WHERE run = ?",
                arguments: [number(of: run, db)]
            ).flatMap(RunWish.init(rawValue:))
        }
    }

    /// Wants something of a run that is going on in some process, or (nil) nothing any more. The run
    /// does so within a second, or, to pause, when its round is over.
    /// - Throws: `StoreError.notGoingOn`, `.cannotPause`, `.unknownRun` …
    public func setWish(_ wish: RunWish?, of name: String) throws(StoreError) {
        guard let wish else { return try write { db in try forgetWish(number(of: name, db), db) } }
        let run = try run(name)
        guard run.isRunning else { throw .notGoingOn(name, state: run.stateText) }
        if wish == .pause, run.kind == "serve" { throw .cannotPause(name) }
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO wishes (run, wish) VALUES (?, ?)
                    ON CONFLICT DO UPDATE SET wish = excluded.wish, is_obeyed = 0
                        WHERE wish <> excluded.wish
                    """,
                arguments: [number(of: name, db), wish.rawValue])
        }
    }

    /// Says that a run does as is wished.
    package func obey(_ wish: RunWish, in run: String) throws(StoreError) {
        try write { db in
            try db.execute(
                sql: "UPDATE wishes SET is_obeyed = 1 WHERE run = ? AND wish = ?",
                arguments: [number(of: run, db), wish.rawValue])
        }
    }

    /// Drops what was wanted of a run that is no longer going on, or goes on anew.
    func forgetWish(_ run: Int, _ db: SQLiteDatabase) throws {
        try db.execute(sql: "DELETE FROM wishes WHERE run = ?", arguments: [run])
    }

    /// Remarks by the runs' keys.
    /// - Parameter run: the only one that is wanted; nil for all.
    func remarks(of run: Int? = nil, _ db: SQLiteDatabase) throws -> [Int: Remarks] {
        // A store of an earlier version that is only read has none.
        guard try db.hasTable("wishes") else { return [:] }
        var remarks: [Int: Remarks] = [:]
        let (only, arguments) = run.map { (" WHERE run = ?", [$0]) } ?? ("", [])
        var tags: [Int: [String]] = [:]
        try db.rows(
            sql: "SELECT run, tag FROM tags\(only) ORDER BY run, position", arguments: arguments
        ) { row in tags[try row[0], default: []].append(try row[1]) }
        try db.rows(sql: "SELECT run, name, note FROM labels\(only)", arguments: arguments) { row in
            let run: Int = try row[0]
            remarks[run] = Remarks(
                labels: RunLabels(stored: try row[1], tags: tags[run] ?? [], note: try row[2]))
        }
        try db.rows(sql: "SELECT run, wish, is_obeyed FROM wishes\(only)", arguments: arguments) {
            row in
            let run: Int = try row[0]
            remarks[run, default: Remarks()].wish = RunWish(rawValue: try row[1] as String)
            remarks[run]?.isObeyed = try row[2] != 0
        }
        return remarks
    }
}
