import CSQLite
import Federation
import FederationStore
import Foundation
import Parameters
import TestThreads
import Testing

extension SQLiteTests {
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
}
