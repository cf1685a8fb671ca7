import CSQLite
import Federation
import FederationStore
import Foundation
import Parameters
import TestThreads
import Testing

extension SQLiteTests {
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
}
