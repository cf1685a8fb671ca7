import Synchronization

/// A connection to an SQLite file, which any thread may use, one at a time.
///
/// Foreign keys are enforced, and codes of errors are extended ones. A call within another's `body` is
/// a programmer's error and traps.
package final class SQLiteConnection: @unchecked Sendable {
    // Unchecked, because `database` is whose who has the lock.
    private let lock = Mutex(())
    private let database: SQLiteDatabase

    /// Opens a file, or makes it unless `isReadOnly`.
    /// - Parameters:
    ///   - path: a path, or an address that begins with file:.
    ///   - busySeconds: how long to wait for others who have locked the file.
    ///   - setUp: what is done before the whole of the file's schema is read.
    /// - Throws: `SQLiteError`, of code `SQLITE_NOTADB` for a file of another kind.
    package init(
        path: String, isReadOnly: Bool = false, busySeconds: Double = 0,
        setUp: (SQLiteDatabase) throws -> Void = { _ in }
    ) throws {
        database = try SQLiteDatabase(
            path: path, isReadOnly: isReadOnly, busySeconds: busySeconds)
        try setUp(database)
        _ = try database.value(Int.self, sql: "SELECT count(*) FROM sqlite_schema")
    }

    /// Closes the file: whatever is asked after that is refused.
    package func close() { lock.withLock { _ in database.close() } }

    /// Reads one state of the file; what would change it is refused.
    package func read<Result>(_ body: (SQLiteDatabase) throws -> Result) throws -> Result {
        try use { database in try database.reading { try body(database) } }
    }

    /// Makes all that `body` changes permanent, or nothing of it if it throws.
    package func write<Result>(_ body: (SQLiteDatabase) throws -> Result) throws -> Result {
        try use { database in try database.transaction { try body(database) } }
    }

    /// Has the file without a transaction.
    package func use<Result>(_ body: (SQLiteDatabase) throws -> Result) throws -> Result {
        try lock.withLock { _ in try body(database) }
    }
}
