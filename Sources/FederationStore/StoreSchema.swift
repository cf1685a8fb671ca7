import GRDB

/// The tables of a store and how they came to be; a migration, once published, never changes.
package enum StoreSchema {
    /// What SQLite's header calls the format: "FedS".
    package static let applicationID: Int32 = 0x4665_6453

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 runs, rounds, clients, models") { db in
            try db.execute(sql: first)
        }
        migrator.registerMigration("2 states of strategies") { db in
            try db.execute(sql: second)
        }
        migrator.registerMigration("4 clients that were dropped") { db in
            try db.execute(sql: fourth)
        }
        return migrator
    }

    /// Clients that were seen to vanish until a round was committed; `at` in seconds since 1970.
    private static let fourth = """
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
