import Federation

/// The tables of a store and how they came to be; a migration, once published, never changes.
package enum StoreSchema {
    /// What SQLite's header calls the format: "FedS".
    package static let applicationID: Int32 = 0x4665_6453

    package static var migrator: SQLiteMigrator {
        var migrator = SQLiteMigrator()
        migrator.register(leastRead[0]) { db in
            try db.execute(sql: first)
        }
        migrator.register(leastRead[1]) { db in
            try db.execute(sql: second)
        }
        migrator.register(fromZero, keepsForeignKeys: true) { db in
            try countClientsFromZero(db)
        }
        migrator.register("4 updates that are acknowledged and not committed") { db in
            try db.execute(sql: keptUpdates)
        }
        migrator.register("5 clients that were dropped") { db in
            try db.execute(sql: drops)
        }
        migrator.register(named) { db in
            try db.execute(sql: namedStates)
            try copyStates(db)
            try db.execute(sql: "DROP TABLE optimizer_states; DROP TABLE client_states;")
        }
        migrator.register(byClass) { db in
            try db.execute(sql: classResults)
        }
        migrator.register("8 names, tags, notes and wishes") { db in
            try db.execute(sql: remarks)
        }
        migrator.register(updateMeasures) { db in
            try db.execute(sql: updateColumns)
        }
        return migrator
    }

    private static let updateMeasures = "9 what updates measure"

    /// How far a client's update moved the model, and the cosine of that with the model's own last change.
    private static let updateColumns = """
        ALTER TABLE client_rounds ADD COLUMN update_norm REAL;
        ALTER TABLE client_rounds ADD COLUMN update_cosine REAL;
        """

    /// Whether clients' rounds have what their updates measure.
    static func hasUpdateMeasures(_ db: SQLiteDatabase) throws -> Bool {
        try migrator.applied(db).contains(updateMeasures)
    }

    /// What users say of runs, and what processes want of those that are going on.
    private static let remarks = """
        CREATE TABLE labels (
            run INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
            name TEXT,
            note TEXT NOT NULL
        ) STRICT;
        CREATE TABLE tags (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            position INTEGER NOT NULL,
            tag TEXT NOT NULL,
            PRIMARY KEY (run, position)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE wishes (
            run INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
            wish TEXT NOT NULL,
            is_obeyed INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        """

    private static let byClass = "7 results by class"

    /// How the model of a run's last tested round did class by class, as JSON.
    private static let classResults = """
        CREATE TABLE class_results (
            run INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
            round INTEGER NOT NULL,
            results TEXT NOT NULL
        ) STRICT;
        """

    private static let named = "6 states by name, and what rounds measured"

    /// What a strategy's parts keep, by the parts' names, and what they say of rounds.
    private static let namedStates = """
        CREATE TABLE server_vectors (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            name TEXT NOT NULL,
            sha256 BLOB NOT NULL,
            parameters BLOB NOT NULL,
            PRIMARY KEY (run, name)
        ) STRICT;
        CREATE TABLE server_numbers (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            name TEXT NOT NULL,
            value REAL NOT NULL,
            PRIMARY KEY (run, name)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE client_vectors (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            client INTEGER NOT NULL,
            name TEXT NOT NULL,
            sha256 BLOB NOT NULL,
            parameters BLOB NOT NULL,
            PRIMARY KEY (run, client, name)
        ) STRICT;
        CREATE TABLE round_metrics (
            run INTEGER NOT NULL,
            round INTEGER NOT NULL,
            name TEXT NOT NULL,
            value REAL NOT NULL,
            PRIMARY KEY (run, round, name),
            FOREIGN KEY (run, round) REFERENCES rounds ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        """

    /// Whether states are kept by name; else by position, as `legacyName` has it.
    static func hasNames(_ db: SQLiteDatabase) throws -> Bool {
        try migrator.applied(db).contains(named)
    }

    /// SQL for the name of the vector in column `position` of a run whose log is `header`. The only
    /// strategies that kept any were these.
    static let legacyName = """
        CASE json_extract(header, '$.configuration.strategy')
            WHEN 'scaffold' THEN 'control variate c'
            WHEN 'fedavgm' THEN 'velocity v'
            ELSE CASE position WHEN 0 THEN 'first moment m' ELSE 'second moment v' END
        END
        """

    private static func copyStates(_ db: SQLiteDatabase) throws {
        try db.execute(
            sql: """
                INSERT INTO server_vectors (run, name, sha256, parameters)
                SELECT run, \(legacyName), sha256, parameters
                FROM optimizer_states JOIN runs ON runs.number = run;
                INSERT INTO client_vectors (run, client, name, sha256, parameters)
                SELECT run, client, 'control variate c', sha256, parameters FROM client_states;
                """)
    }

    /// Clients that were seen to vanish until a round was committed; `at` in seconds since 1970.
    private static let drops = """
        CREATE TABLE drops (
            run INTEGER NOT NULL,
            round INTEGER NOT NULL,
            position INTEGER NOT NULL,
            client INTEGER NOT NULL,
            at REAL,
            reason TEXT NOT NULL,
            PRIMARY KEY (run, round, position),
            FOREIGN KEY (run, round) REFERENCES rounds ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        """

    /// A store that has come so far can be read as it is.
    private static let leastRead = ["1 runs, rounds, clients, models", "2 states of strategies"]
    private static let fromZero = "3 clients from 0"

    /// What the ids of clients in the store's columns count from: an earlier version's, which no run has
    /// brought up to date, from 1. (A run's header is a log, which says so itself.)
    /// - Throws: `StoreError.older` for a store that cannot be read so.
    static func firstClient(_ db: SQLiteDatabase, path: String) throws -> Int {
        let applied = try migrator.applied(db)
        guard applied.isSuperset(of: leastRead) else { throw StoreError.older(path: path) }
        return applied.contains(fromZero) ? 0 : 1
    }

    /// Clients were 1 … K. In two steps each, because no two rows may have one id meanwhile.
    private static func countClientsFromZero(_ db: SQLiteDatabase) throws {
        for table in ["clients", "client_rounds", "client_states"] {
            try db.execute(sql: "UPDATE \(table) SET client = -client")
            try db.execute(sql: "UPDATE \(table) SET client = -client - 1")
        }
        let parts: [(key: [Int], reason: String)] = try db.rows(
            sql: """
                SELECT run, round, client, reason FROM client_rounds
                WHERE reason GLOB '*client [1-9]*'
                """
        ) { row in ([try row[0], try row[1], try row[2]], try row[3]) }
        for part in parts {
            try db.execute(
                sql: """
                    UPDATE client_rounds SET reason = ? WHERE run = ? AND round = ? AND client = ?
                    """,
                arguments: [RunLog.renumbered(part.reason, clientsFrom: 1)] + part.key)
        }
    }

    /// What clients of the plain API were told counts, until their round is committed.
    private static let keptUpdates = """
        CREATE TABLE kept_updates (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            round INTEGER NOT NULL,
            client INTEGER NOT NULL,
            samples INTEGER NOT NULL,
            sha256 BLOB NOT NULL,
            parameters BLOB NOT NULL,
            PRIMARY KEY (run, client)
        ) STRICT;
        """

    /// A round that was not tested has 0 `tested` samples. `optimizer_states` holds the vectors of the
    /// strategy's server half after the last round, `client_states` what its client half keeps.
    private static let second = """
        CREATE TABLE optimizer_states (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            position INTEGER NOT NULL,
            sha256 BLOB NOT NULL,
            parameters BLOB NOT NULL,
            PRIMARY KEY (run, position)
        ) STRICT;
        CREATE TABLE client_states (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            client INTEGER NOT NULL,
            sha256 BLOB NOT NULL,
            parameters BLOB NOT NULL,
            PRIMARY KEY (run, client)
        ) STRICT;
        """

    /// JSON columns hold what this module hands on without reading it: `header` is the run's log
    /// without rounds and weights, `source` is how its maker finds its data again.
    private static let first = """
        CREATE TABLE runs (
            number INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            is_finished INTEGER NOT NULL DEFAULT 0,
            header TEXT NOT NULL,
            source TEXT NOT NULL,
            layout TEXT NOT NULL,
            log_file TEXT
        ) STRICT;
        CREATE TABLE clients (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            client INTEGER NOT NULL,
            samples INTEGER NOT NULL,
            PRIMARY KEY (run, client)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE rounds (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            round INTEGER NOT NULL,
            accuracy REAL NOT NULL,
            loss REAL NOT NULL,
            tested INTEGER NOT NULL,
            seconds REAL NOT NULL,
            training_seconds REAL NOT NULL,
            evaluation_seconds REAL NOT NULL,
            PRIMARY KEY (run, round)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE client_rounds (
            run INTEGER NOT NULL,
            round INTEGER NOT NULL,
            client INTEGER NOT NULL,
            samples INTEGER,
            accuracy REAL,
            loss REAL,
            tested INTEGER,
            failure TEXT,
            reason TEXT,
            class_counts TEXT,
            PRIMARY KEY (run, round, client),
            FOREIGN KEY (run, round) REFERENCES rounds ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE models (
            run INTEGER NOT NULL,
            round INTEGER NOT NULL,
            sha256 BLOB NOT NULL,
            parameters BLOB NOT NULL,
            PRIMARY KEY (run, round),
            FOREIGN KEY (run, round) REFERENCES rounds ON DELETE CASCADE
        ) STRICT;
        """
}
