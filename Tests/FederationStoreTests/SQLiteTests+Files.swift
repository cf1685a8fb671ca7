import CSQLite
import Federation
import FederationStore
import Foundation
import Parameters
import TestThreads
import Testing

extension SQLiteTests {
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
}
