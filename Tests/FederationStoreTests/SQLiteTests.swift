import CSQLite
import Federation
import FederationStore
import Foundation
import Parameters
import TestThreads
import Testing

@Suite("SQLite's files", .holdsItsThread)
struct SQLiteTests {
    /// The code and the words of what `body` throws.
    private func failure(_ body: () throws -> Void) -> SQLiteError? {
        do {
            try body()
            return nil
        } catch {
            return error as? SQLiteError
        }
    }

    /// A file with a table of numbers.
    private func inFile(
        _ table: String = "CREATE TABLE numbers (number INTEGER NOT NULL UNIQUE) STRICT",
        _ body: (SQLiteConnection, _ path: String) throws -> Void
    ) throws {
        try inTemporaryFolder { path in
            let connection = try SQLiteConnection(path: path)
            defer { connection.close() }
            try connection.use { try $0.execute(sql: table) }
            try body(connection, path)
        }
    }

    private func insert(_ number: Int, _ database: SQLiteDatabase) throws {
        try database.execute(sql: "INSERT INTO numbers VALUES (?)", arguments: [number])
    }

    private func numbers(_ connection: SQLiteConnection) throws -> [Int] {
        try connection.read {
            try $0.values(Int.self, sql: "SELECT number FROM numbers ORDER BY number")
        }
    }

    // MARK: Values

    /// What comes back of values that were written.
    private func roundTrip<Value: SQLiteConvertible>(_ values: [Value]) throws -> [Value] {
        var found: [Value] = []
        try inFile("CREATE TABLE kept (position INTEGER PRIMARY KEY, value ANY) STRICT") {
            connection, _ in
            try connection.write { database in
                for value in values {
                    try database.execute(
                        sql: "INSERT INTO kept (value) VALUES (?)", arguments: [value])
                }
            }
            found = try connection.read {
                try $0.rows(sql: "SELECT value FROM kept ORDER BY position") { try $0["value"] }
            }
        }
        return found
    }

    @Test("Values come back as they were")
    func values() throws {
        let integers = [Int.min, Int.min + 1, -1, 0, 1, 1 << 53 + 1, Int.max]
        #expect(try roundTrip(integers) == integers)
        let numbers = [
            0, 0.1, -1 / 3, .pi, .infinity, -.infinity, .greatestFiniteMagnitude,
            .leastNonzeroMagnitude, 1e300,
        ]
        #expect(try roundTrip(numbers).map(\.bitPattern) == numbers.map(\.bitPattern))
        let texts = [
            "", "a", "a\0b", "\0", "\0\0", "“ε”\n", String(repeating: "ä", count: 100_000),
        ]
        // Canonically equal texts need not be the same bytes.
        #expect(try roundTrip(texts).map { Array($0.utf8) } == texts.map { Array($0.utf8) })
        let bytes = [0, 1, 14, 15, 16, 4096].map { Data((0..<$0).map { UInt8($0 & 255) }) }
        #expect(try roundTrip(bytes) == bytes)
        #expect(try roundTrip([1, nil, 3]) == [1, nil, 3])
        #expect(try roundTrip([nil, "a"]) == [nil, "a"])
    }

    @Test("Ten million bytes")
    func manyBytes() throws {
        var random = RandomStream(RandomKey(seed: 3, purpose: .benchmark))
        let words = (0..<1_250_000).map { _ in random.next() }
        let bytes = words.withUnsafeBytes { Data($0) }
        #expect(bytes.count == 10_000_000)
        // Two at a time, each of which is bound where it is.
        try inFile("CREATE TABLE kept (one BLOB, other BLOB) STRICT") { connection, _ in
            try connection.write {
                try $0.execute(
                    sql: "INSERT INTO kept VALUES (?, ?)", arguments: [bytes, bytes.prefix(9)])
            }
            let found = try connection.read { database in
                try database.row(sql: "SELECT * FROM kept") {
                    (one: try $0["one"] as Data, other: try $0["other"] as Data)
                }
            }
            #expect(found?.one == bytes && found?.other == bytes.prefix(9))
        }
    }

    @Test("NaN is NULL, which no table takes that wants a number")
    func notANumber() throws {
        #expect(try roundTrip([Double.nan as Double?, 1]) == [nil, 1])
        try inFile("CREATE TABLE numbers (number REAL NOT NULL) STRICT") { connection, _ in
            let error = failure {
                try connection.write {
                    try $0.execute(
                        sql: "INSERT INTO numbers VALUES (?)", arguments: [Double.nan])
                }
            }
            #expect(error?.code == SQLITE_CONSTRAINT)
            #expect(error?.message == "NOT NULL constraint failed: numbers.number")
        }
    }

    @Test("A value of another kind than was expected is named")
    func otherKinds() throws {
        let values: [(any SQLiteConvertible, kind: String)] = [
            (7, "an integer"), (0.5, "a number"), ("x", "a text"), (Data([1]), "a blob"),
            (Int?.none, "NULL"),
        ]
        let expected: [(any SQLiteConvertible.Type, kind: String, takes: [String])] = [
            (Int.self, "an integer", ["an integer"]),
            (Double.self, "a number", ["an integer", "a number"]),
            (String.self, "a text", ["a text"]),
            (Data.self, "a blob", ["a blob"]),
            (Int?.self, "an integer", ["an integer", "NULL"]),
            (Data?.self, "a blob", ["a blob", "NULL"]),
        ]
        func read<Value: SQLiteConvertible>(
            _: Value.Type, _ value: any SQLiteConvertible, _ connection: SQLiteConnection
        ) -> SQLiteError? {
            failure {
                _ = try connection.read { database in
                    try database.row(sql: "SELECT ? AS found", arguments: [value]) {
                        try $0["found"] as Value
                    }
                }
            }
        }
        try inFile { connection, _ in
            for (value, found) in values {
                for (type, kind, takes) in expected {
                    let error = read(type, value, connection)
                    if takes.contains(found) {
                        #expect(error == nil)
                    } else {
                        #expect(error?.code == SQLITE_MISMATCH)
                        #expect(
                            error?.message
                                == "a row has \(found) as found, where \(kind) was expected")
                    }
                }
            }
            let error = failure {
                try connection.read { database in
                    try database.row(sql: "SELECT 1 AS one") { _ = try $0["two"] as Int }
                }
            }
            #expect(error == SQLiteError(SQLITE_MISMATCH, "a row has no column two"))
            let beyond = failure {
                try connection.read { database in
                    try database.row(sql: "SELECT 1 AS one") { _ = try $0[3] as Int }
                }
            }
            #expect(
                beyond?.message == "a row has NULL as a value, where an integer was expected")
        }
    }

    // MARK: Statements

    @Test("Statements that are none, several, unknown or without all their values")
    func wrongStatements() throws {
        try inFile { connection, _ in
            for (sql, arguments, words) in [
                ("", [], "“” is not one statement"),
                ("-- nothing", [], "“-- nothing” is not one statement"),
                ("SELECT 1; SELECT 2", [], "“SELECT 1; SELECT 2” is not one statement"),
                ("SELECT ?", [], "0 values are not one a parameter"),
                ("SELECT ?", [1, 2], "2 values are not one a parameter"),
                ("SELEC 1", [], "near \"SELEC\": syntax error"),
                ("SELECT * FROM others", [], "no such table: others"),
                // In SQLite's early days a text.
                ("SELECT \"one\"", [], "no such column: one"),
            ] as [(String, [Int], String)] {
                let error = failure {
                    try connection.use {
                        _ = try $0.value(Int.self, sql: sql, arguments: arguments)
                    }
                }
                #expect(error?.message.hasPrefix(words) == true, "\(sql): \(error as Any)")
            }
            // Several at once take no values.
            try connection.write {
                try $0.execute(
                    sql: "INSERT INTO numbers VALUES (1); INSERT INTO numbers VALUES (2);")
            }
            #expect(try numbers(connection) == [1, 2])
        }
    }

    /// Whether SQLite tells of its compiled statements.
    private static let tellsStatements = {
        let sql = "SELECT 1 FROM pragma_compile_options WHERE compile_options = 'ENABLE_STMTVTAB'"
        let connection = try? SQLiteConnection(path: ":memory:")
        return (try? connection?.use { try $0.value(Int.self, sql: sql) }) == 1
    }()

    @Test("A statement is compiled once, whatever comes between", .enabled(if: tellsStatements))
    func compiledOnce() throws {
        try inFile { connection, _ in
            for number in 1...5 {
                try connection.write { try insert(number, $0) }
                #expect(try numbers(connection).count == number)
            }
            let counts = try connection.use { database in
                try database.rows(
                    sql: """
                        SELECT run, reprep FROM sqlite_stmt
                        WHERE sql LIKE 'INSERT%' OR sql LIKE 'SELECT number%'
                        """
                ) { [try $0[0], try $0[1]] as [Int] }
            }
            #expect(counts == [[5, 0], [5, 0]])
        }
    }

    @Test("A statement within itself, and one whose rows are not all wanted")
    func withinItself() throws {
        try inFile { connection, _ in
            try connection.write { database in
                for number in 1...3 { try insert(number, database) }
            }
            let sql = "SELECT number FROM numbers ORDER BY number"
            let pairs = try connection.read { database in
                try database.rows(sql: sql) { row in
                    let inner = try database.values(Int.self, sql: sql)
                    return [try row[0]] + inner
                }
            }
            #expect(pairs == [[1, 1, 2, 3], [2, 1, 2, 3], [3, 1, 2, 3]])
            #expect(try connection.read { try $0.value(Int.self, sql: sql) } == 1)
            let enough = SQLiteError(SQLITE_INTERRUPT, "enough")
            let thrown = failure {
                try connection.read { database in
                    try database.rows(sql: sql) { _ in throw enough }
                    return
                }
            }
            #expect(thrown == enough)
            #expect(try numbers(connection) == [1, 2, 3])
            // Nothing is left of them that would keep a table from going.
            try connection.write { try $0.execute(sql: "DROP TABLE numbers") }
        }
    }

    // MARK: Transactions

    @Test("What throws leaves nothing behind")
    func rollback() throws {
        try inFile { connection, _ in
            let reason = SQLiteError(SQLITE_INTERRUPT, "enough")
            let thrown = failure {
                try connection.write { database in
                    try insert(1, database)
                    throw reason
                }
            }
            #expect(thrown == reason)
            let twice = failure {
                try connection.write { database in
                    try insert(1, database)
                    try insert(1, database)
                }
            }
            #expect(twice?.code == SQLITE_CONSTRAINT)
            #expect(twice?.message == "UNIQUE constraint failed: numbers.number")
            #expect(try numbers(connection) == [])
            try connection.write { try insert(2, $0) }
            #expect(try numbers(connection) == [2])
        }
    }

    @Test("A transaction within another is refused, and the other is whole")
    func nested() throws {
        try inFile { connection, _ in
            let words = "cannot start a transaction within a transaction"
            let inner = failure {
                try connection.write { database in
                    try insert(1, database)
                    try database.transaction { try insert(2, database) }
                }
            }
            #expect(inner == SQLiteError(SQLITE_ERROR, words))
            #expect(try numbers(connection) == [])
            try connection.write { database in
                try insert(1, database)
                #expect(failure { try database.transaction {} }?.message == words)
                try insert(3, database)
            }
            #expect(try numbers(connection) == [1, 3])
        }
    }

    @Test("A commit that fails leaves nothing behind")
    func failingCommit() throws {
        let table = """
            CREATE TABLE numbers (
                number INTEGER PRIMARY KEY,
                other INTEGER REFERENCES numbers DEFERRABLE INITIALLY DEFERRED
            ) STRICT
            """
        try inFile(table) { connection, _ in
            let error = failure {
                try connection.write {
                    try $0.execute(sql: "INSERT INTO numbers VALUES (1, 9)")
                }
            }
            #expect(error?.extendedCode == csqlite_constraint_foreignkey)
            #expect(error?.message == "FOREIGN KEY constraint failed")
            #expect(try numbers(connection) == [])
            try connection.write { try $0.execute(sql: "INSERT INTO numbers VALUES (1, 1)") }
            #expect(try numbers(connection) == [1])
        }
    }

    @Test("After SQLite has rolled back by itself, nothing more is written")
    func rolledBack() throws {
        try inFile { connection, _ throws in
            let error = failure {
                try connection.write { database in
                    try insert(1, database)
                    let sql = "INSERT OR ROLLBACK INTO numbers VALUES (1)"
                    #expect(failure { try database.execute(sql: sql) } != nil)
                    for _ in 0..<2 {
                        #expect(failure { try insert(2, database) }?.code == SQLITE_ABORT)
                    }
                }
            }
            #expect(error == SQLiteError(SQLITE_ABORT, "the transaction was rolled back"))
            #expect(try numbers(connection) == [])
        }
    }

    @Test("Reading changes nothing, and sees one state")
    func reading() throws {
        try inFile { connection, path in
            let mode = try connection.use {
                try $0.value(String.self, sql: "PRAGMA journal_mode = WAL")
            }
            #expect(mode == "wal")
            try connection.write { try insert(1, $0) }
            for sql in ["INSERT INTO numbers VALUES (2)", "DELETE FROM numbers"] {
                for arguments in [nil, []] as [[Int]?] {
                    let error = failure {
                        try connection.read { database in
                            if let arguments {
                                try database.execute(sql: sql, arguments: arguments)
                            } else {
                                try database.execute(sql: sql)
                            }
                        }
                    }
                    #expect(
                        error
                            == SQLiteError(
                                SQLITE_READONLY, "attempt to write a readonly database"))
                }
            }
            let other = try SQLiteConnection(path: path)
            try connection.read { database in
                let sql = "SELECT count(*) FROM numbers"
                #expect(try database.value(Int.self, sql: sql) == 1)
                try other.write { try insert(2, $0) }
                #expect(try database.value(Int.self, sql: sql) == 1)
            }
            #expect(try numbers(connection) == [1, 2])
        }
    }

    // MARK: Files

    @Test("A file that is none of SQLite's", arguments: [17, 600, 5000])
    func otherFile(size: Int) throws {
        try inTemporaryFolder { path in
            let bytes = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 91 &+ 3) })
            try bytes.write(to: URL(fileURLWithPath: path))
            for isReadOnly in [true, false] {
                let error = failure {
                    _ = try SQLiteConnection(path: path, isReadOnly: isReadOnly)
                }
                #expect(error == SQLiteError(SQLITE_NOTADB, "file is not a database"))
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
        }
    }

    @Test("Folders in which there can be no file, and files that may only be read")
    func readOnly() throws {
        try inFile { connection, path in
            for missing in [path + "/below", path + "-none/runs", "/proc/runs.sqlite"] {
                let error = failure { _ = try SQLiteConnection(path: missing) }
                #expect(error?.code == SQLITE_CANTOPEN)
                #expect(error?.message == "unable to open database file")
            }
            let none = failure { _ = try SQLiteConnection(path: path + "-none", isReadOnly: true) }
            #expect(none?.code == SQLITE_CANTOPEN)
            #expect(!FileManager.default.fileExists(atPath: path + "-none"))
            try connection.write { try insert(1, $0) }
            let reader = try SQLiteConnection(path: path, isReadOnly: true)
            #expect(try numbers(reader) == [1])
            #expect(
                failure { try reader.write { try insert(2, $0) } }
                    == SQLiteError(SQLITE_READONLY, "attempt to write a readonly database"))
            #expect(try numbers(reader) == [1])
        }
    }

    @Test("A folder that may only be read", .enabled(if: geteuid() != 0))
    func readOnlyFolder() throws {
        try inFile { connection, path in
            try connection.write { try insert(1, $0) }
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            #expect(chmod(folder, 0o555) == 0)
            defer { chmod(folder, 0o755) }
            #expect(try numbers(connection) == [1])
            // There is no room for a journal.
            let error = failure { try connection.write { try insert(2, $0) } }
            #expect(error?.code == SQLITE_READONLY)
            #expect(try numbers(connection) == [1])
        }
    }

    @Test("A full disk: nothing of the transaction is there, and smaller ones go on")
    func full() throws {
        try inFile("CREATE TABLE numbers (number INTEGER PRIMARY KEY, bytes BLOB) STRICT") {
            connection, _ in
            try connection.use { try $0.execute(sql: "PRAGMA max_page_count = 16") }
            func write(_ number: Int, _ size: Int) -> SQLiteError? {
                failure {
                    try connection.write {
                        try $0.execute(
                            sql: "INSERT INTO numbers VALUES (?, ?)",
                            arguments: [number, Data(repeating: 1, count: size)])
                    }
                }
            }
            #expect(write(1, 100) == nil)
            #expect(
                write(2, 1_000_000) == SQLiteError(SQLITE_FULL, "database or disk is full"))
            #expect(write(3, 100) == nil)
            #expect(try numbers(connection) == [1, 3])
        }
    }

    @Test("After closing, everything is refused")
    func closed() throws {
        try inFile { connection, path in
            try connection.write { try insert(1, $0) }
            for _ in 0..<2 { connection.close() }
            let refusal = SQLiteError(SQLITE_MISUSE, "it is closed")
            #expect(failure { _ = try numbers(connection) } == refusal)
            #expect(failure { try connection.write { try insert(2, $0) } } == refusal)
            #expect(failure { try connection.use { try $0.execute(sql: "SELECT 1") } } == refusal)
            #expect(try numbers(SQLiteConnection(path: path)) == [1])
        }
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            store.close()
            #expect(
                sentence { _ = try store.runs() }
                    == "the store \(path) does not work: it is closed")
        }
    }

    // MARK: Several at once

    @Test("Another connection's transaction: busy at once, or when the time is up")
    func busy() throws {
        try inFile { connection, path in
            try connection.write { database in
                try insert(1, database)
                for seconds in [0, 0.02] {
                    let other = try SQLiteConnection(path: path, busySeconds: seconds)
                    #expect(try numbers(other) == [])
                    #expect(
                        failure { try other.write { try insert(2, $0) } }
                            == SQLiteError(SQLITE_BUSY, "database is locked"))
                }
            }
            #expect(try numbers(connection) == [1])
        }
    }

    @Test("Another process that has the file for itself")
    func otherProcess() throws {
        try inTemporaryFolder { path in
            try RunStore(path: path).close()
            // Without a write-ahead log, locks lie in the file itself.
            let connection = try SQLiteConnection(path: path)
            try connection.use {
                _ = try $0.value(String.self, sql: "PRAGMA journal_mode = DELETE")
            }
            // A lock of an open file, unlike one of a process, holds up this process, too.
            let descriptor = open(path, O_RDWR)
            defer { close(descriptor) }
            let setOpenFilesLock: Int32 = 37  // F_OFD_SETLK
            var lock = flock()
            lock.l_type = Int16(F_WRLCK)
            lock.l_start = 0x4000_0000
            lock.l_len = 512
            #expect(fcntl(descriptor, setOpenFilesLock, &lock) == 0)
            let error = failure { try connection.read { _ = try $0.hasTable("runs") } }
            #expect(error == SQLiteError(SQLITE_BUSY, "database is locked"))
            #expect(error.map { RunStore.storeError($0, path) } == .inUse(path: path, process: nil))
            lock.l_type = Int16(F_UNLCK)
            #expect(fcntl(descriptor, setOpenFilesLock, &lock) == 0)
            #expect(try connection.read { try $0.hasTable("runs") })
        }
    }

    @Test("Threads that share a connection, and connections that wait for each other")
    func threads() throws {
        try inFile("CREATE TABLE numbers (number INTEGER NOT NULL) STRICT") { connection, path in
            try connection.write { try insert(0, $0) }
            let others = try (0..<2).map { _ in try SQLiteConnection(path: path, busySeconds: 60) }
            let all = [connection, connection] + others
            try connection.use {
                _ = try $0.value(Int.self, sql: "PRAGMA busy_timeout = 60000")
            }
            let count = 40
            parallelFor(count: all.count, threads: all.count) { thread, _ in
                for _ in 0..<count {
                    let error = failure {
                        try all[thread].write { database in
                            let number = try database.value(
                                Int.self, sql: "SELECT number FROM numbers")
                            try database.execute(
                                sql: "UPDATE numbers SET number = ?",
                                arguments: [(number ?? 0) + 1])
                        }
                    }
                    #expect(error == nil)
                }
            }
            #expect(try numbers(connection) == [all.count * count])
        }
    }

    // MARK: Migrations

    @Test("The steps behind a store are written as earlier versions write and read them")
    func steps() throws {
        try inTemporaryFolder { path in
            try RunStore(path: path).close()
            try SQLiteConnection(path: path).read { database throws in
                #expect(
                    try database.values(
                        String.self,
                        sql: "SELECT sql FROM sqlite_schema WHERE name = 'grdb_migrations'")
                        == ["CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)"])
                #expect(
                    try database.values(
                        String.self,
                        sql: "SELECT identifier FROM grdb_migrations ORDER BY identifier")
                        == [
                            "1 runs, rounds, clients, models", "2 states of strategies",
                            "3 clients from 0",
                            "4 updates that are acknowledged and not committed",
                            "5 clients that were dropped",
                            "6 states by name, and what rounds measured",
                            "7 results by class", "8 names, tags, notes and wishes",
                            "9 what updates measure",
                        ])
            }
        }
    }

    @Test("A store whose rows refer to none is not brought up to date")
    func strayRow() throws {
        try inTemporaryFolder { path in
            let early = try SQLiteConnection(path: path)
            try StoreSchema.migrator.migrate(early, upTo: "2 states of strategies")
            try early.use { database in
                try database.execute(
                    sql: """
                        PRAGMA application_id = \(StoreSchema.applicationID);
                        PRAGMA foreign_keys = OFF;
                        INSERT INTO client_states VALUES (7, 1, zeroblob(32), zeroblob(4));
                        """)
            }
            early.close()
            for _ in 0..<2 {
                #expect(
                    sentence { _ = try RunStore(path: path) }
                        == "the store \(path) does not work: a row of client_states refers to one "
                        + "of runs that is not there")
            }
            // The steps before it were taken, each whole.
            try SQLiteConnection(path: path).use { database throws in
                #expect(try StoreSchema.migrator.applied(database).count == 3)
                #expect(try !database.hasTable("kept_updates"))
                #expect(
                    try database.value(Int.self, sql: "SELECT client FROM client_states") == 0)
                #expect(try database.value(Int.self, sql: "PRAGMA foreign_keys") == 1)
            }
        }
    }
}
