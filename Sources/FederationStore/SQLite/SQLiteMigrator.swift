import CSQLite

/// The steps by which the tables of a file came to be. Which of them a file has behind it is written in
/// its table grdb_migrations, whose name and form are those of the library that earlier versions had.
package struct SQLiteMigrator: Sendable {
    private struct Migration: Sendable {
        var name: String
        var keepsForeignKeys: Bool
        var change: @Sendable (SQLiteDatabase) throws -> Void
    }

    private var migrations: [Migration] = []

    /// Adds a step.
    /// - Parameters:
    ///   - keepsForeignKeys: whether each statement must obey them; else what is there in the end.
    ///   - change: what it does, within a transaction.
    mutating func register(
        _ name: String, keepsForeignKeys: Bool = false,
        change: @escaping @Sendable (SQLiteDatabase) throws -> Void
    ) {
        precondition(!migrations.contains { $0.name == name }, "there is a step “\(name)” already")
        migrations.append(
            Migration(name: name, keepsForeignKeys: keepsForeignKeys, change: change))
    }

    /// The names of the steps that a file has behind it, those of later versions, too.
    package func applied(_ database: SQLiteDatabase) throws -> Set<String> {
        guard try database.hasTable("grdb_migrations") else { return [] }
        return Set(
            try database.values(String.self, sql: "SELECT identifier FROM grdb_migrations"))
    }

    /// Whether a file has a step behind it that this version does not know.
    func isSuperseded(_ database: SQLiteDatabase) throws -> Bool {
        try !applied(database).isSubset(of: migrations.map(\.name))
    }

    /// Whether a file has all steps behind it.
    func isComplete(_ database: SQLiteDatabase) throws -> Bool {
        try applied(database).isSuperset(of: migrations.map(\.name))
    }

    /// Takes the steps that a file has not behind it, each in a transaction of its own.
    /// - Parameter last: the name of the last one to take; else it is the last there is.
    package func migrate(_ connection: SQLiteConnection, upTo last: String? = nil) throws {
        try connection.use { database in
            try database.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)
                    """)
            let applied = try applied(database)
            for migration in migrations {
                if !applied.contains(migration.name) { try take(migration, database) }
                if migration.name == last { return }
            }
        }
    }

    private func take(_ migration: Migration, _ database: SQLiteDatabase) throws {
        // Within a transaction it would change nothing.
        if !migration.keepsForeignKeys { try database.execute(sql: "PRAGMA foreign_keys = OFF") }
        defer {
            if !migration.keepsForeignKeys {
                try? database.execute(sql: "PRAGMA foreign_keys = ON")
            }
        }
        try database.transaction {
            try migration.change(database)
            try database.execute(
                sql: "INSERT INTO grdb_migrations VALUES (?)", arguments: [migration.name])
            guard !migration.keepsForeignKeys else { return }
            try database.row(sql: "PRAGMA foreign_key_check") { row in
                let (table, parent): (String, String) = (try row[0], try row[2])
                throw SQLiteError(
                    csqlite_constraint_foreignkey,
                    "a row of \(table) refers to one of \(parent) that is not there")
            }
        }
    }
}
