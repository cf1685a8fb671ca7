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
    func failure(_ body: () throws -> Void) -> SQLiteError? {
        do {
            try body()
            return nil
        } catch {
            return error as? SQLiteError
        }
    }

    /// A file with a table of numbers.
    func inFile(
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

    func insert(_ number: Int, _ database: SQLiteDatabase) throws {
        try database.execute(sql: "INSERT INTO numbers VALUES (?)", arguments: [number])
    }

    func numbers(_ connection: SQLiteConnection) throws -> [Int] {
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
