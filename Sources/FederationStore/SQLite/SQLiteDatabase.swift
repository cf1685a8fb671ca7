import CSQLite

/// An open SQLite file: what a `SQLiteConnection` lends to one thread at a time.
package final class SQLiteDatabase {
    /// nil when it is closed.
    private var handle: OpaquePointer?
    /// Compiled statements by their SQL, which no values are put into: there are few.
    private var statements: [String: SQLiteStatement] = [:]
    private var isReading = false
    private var isInTransaction = false

    init(path: String, isReadOnly: Bool, busySeconds: Double) throws {
        // Whoever has the connection's lock is alone with it: SQLite needs none of its own.
        let code = sqlite3_open_v2(
            path, &handle,
            (isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
                | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK else { throw SQLiteError(code) }
        sqlite3_busy_timeout(handle, Int32(busySeconds * 1000))
        csqlite_refuse_double_quoted_texts(handle)
        try execute(sql: "PRAGMA foreign_keys = ON")
    }

    deinit { close() }

    func close() {
        statements = [:]
        sqlite3_close_v2(handle)
        handle = nil
    }

    /// Executes statements without parameters, one after the other.
    package func execute(sql: String) throws {
        guard !isReading else { throw SQLiteError(SQLITE_READONLY) }
        try command(sql)
    }

    /// Executes a statement with values for its parameters.
    package func execute(sql: String, arguments: [any SQLiteConvertible]) throws {
        try rows(sql: sql, arguments: arguments) { _ in }
    }

    /// What is made of each row of a statement.
    @discardableResult
    package func rows<Result>(
        sql: String, arguments: [any SQLiteConvertible] = [],
        _ decode: (borrowing SQLiteRow) throws -> Result
    ) throws -> [Result] {
        var results: [Result] = []
        try run(sql, arguments) { statement in
            while let result = try statement.next(decode) { results.append(result) }
        }
        return results
    }

    /// What is made of a statement's first row; nil if it has none.
    @discardableResult
    package func row<Result>(
        sql: String, arguments: [any SQLiteConvertible] = [],
        _ decode: (borrowing SQLiteRow) throws -> Result
    ) throws -> Result? {
        var result: Result?
        try run(sql, arguments) { result = try $0.next(decode) }
        return result
    }

    /// The first column of all rows.
    package func values<Value: SQLiteConvertible>(
        _: Value.Type, sql: String, arguments: [any SQLiteConvertible] = []
    ) throws -> [Value] {
        try rows(sql: sql, arguments: arguments) { try $0[0] }
    }

    /// The first column of the first row; nil if there is none or it is NULL.
    package func value<Value: SQLiteConvertible>(
        _: Value.Type, sql: String, arguments: [any SQLiteConvertible] = []
    ) throws -> Value? {
        try row(sql: sql, arguments: arguments) { try $0[0] as Value? } ?? nil
    }

    /// Whether there is a table of that name.
    package func hasTable(_ name: String) throws -> Bool {
        let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE"
        return try value(Int.self, sql: sql, arguments: [name]) != nil
    }

    /// The key of the row that was inserted last.
    package var lastInsertedRowID: Int { Int(sqlite3_last_insert_rowid(handle)) }

    /// Makes all that `body` changes permanent, or nothing of it if it throws; nobody else writes
    /// meanwhile.
    package func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        try transaction("BEGIN IMMEDIATE", body)
    }

    /// Lets `body` read one state of the file, whatever others write, and change nothing.
    func reading<Result>(_ body: () throws -> Result) throws -> Result {
        try transaction("BEGIN DEFERRED") {
            isReading = true
            defer { isReading = false }
            return try body()
        }
    }

    private func transaction<Result>(_ begin: String, _ body: () throws -> Result) throws -> Result
    {
        try command(begin)
        isInTransaction = true
        defer { isInTransaction = false }
        do {
            let result = try body()
            try command("COMMIT")
            return result
        } catch {
            // Where the disk is full, or fails, SQLite may have rolled back by itself.
            if sqlite3_get_autocommit(handle) == 0 { try? command("ROLLBACK") }
            throw error
        }
    }

    /// The file. What comes after SQLite has rolled back by itself must not take effect alone.
    private func open() throws -> OpaquePointer {
        guard let handle else { throw SQLiteError(SQLITE_MISUSE, "it is closed") }
        guard !isInTransaction || sqlite3_get_autocommit(handle) == 0 else {
            throw SQLiteError(SQLITE_ABORT, "the transaction was rolled back")
        }
        return handle
    }

    private func command(_ sql: String) throws {
        let handle = try open()
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw SQLiteError(code, of: handle) }
    }

    private func run(
        _ sql: String, _ arguments: [any SQLiteConvertible],
        _ body: (SQLiteStatement) throws -> Void
    ) throws {
        let handle = try open()
        // Whoever uses it has it alone; and one that has failed is compiled anew.
        let statement = try statements.removeValue(forKey: sql) ?? SQLiteStatement(sql, in: handle)
        guard !isReading || statement.isReading else { throw SQLiteError(SQLITE_READONLY) }
        try statement.run(with: arguments) { try body(statement) }
        statements[sql] = statement
    }
}
