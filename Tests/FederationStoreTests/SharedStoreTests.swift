import CSQLite
import Federation
import FederationStore
import Foundation
import Parameters
import Platform
import Synchronization
import TestThreads
import Testing

@Suite("Stores that several processes use at once: each run is one's", .holdsItsThread)
struct SharedStoreTests {
    @Test("Writers at once keep their rounds apart and whole")
    func writers() throws {
        try inTemporaryFolder { path in
            let said = Mutex<[String]>([])
            parallelFor(count: 4, threads: 4) { _, _ in
                let sentence = sentence {
                    let store = try RunStore(path: path)
                    defer { store.close() }
                    let name = try Sample.begin(store)
                    for number in 1...12 {
                        try store.commit(
                            Sample.round(number), state: Sample.state(number), in: name)
                    }
                    try store.end(name, header: Sample.header, isFinished: true, logFile: nil)
                }
                said.withLock { $0 += [sentence].compactMap(\.self) }
            }
            #expect(said.withLock { $0 } == [])
            let reader = try RunStore(path: path, access: .reading)
            let runs = try reader.runs()
            #expect(Set(runs.map(\.name)).count == 4)
            for run in runs {
                #expect(run.roundCount == 12)
                #expect(try reader.model(of: run.name)?.parameters == Sample.model(12))
            }
            // Nobody is left, so neither are locks.
            let names = try FileManager.default.contentsOfDirectory(
                atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path)
            #expect(!names.contains { $0.hasSuffix("-lock") }, "\(names)")
        }
    }

    @Test("Only one may go on with a run, and the last that nobody is at is the one to go on with")
    func resuming() throws {
        try inTemporaryFolder { path in
            let first = try RunStore(path: path)
            let second = try RunStore(path: path)
            #expect(try second.resumeLast(kind: "run") == nil)
            let names = try (0..<3).map { _ in try Sample.begin(first, rounds: 1) }
            let inUse = "run \(names[2]) is going on in process \(getpid())"
            #expect(sentence { _ = try second.resume(names[2], kind: "run") } == inUse)
            #expect(sentence { _ = try second.resumeLast(kind: "run") } == inUse)
            #expect(sentence { try second.remove(names[2]) } == inUse)
            #expect(second.holder(of: names[2])?.process == Int(getpid()))
            first.release(names[1])
            #expect(second.holder(of: names[1]) == nil)
            #expect(try second.resumeLast(kind: "run")?.name == names[1])
            first.close()
            #expect(try second.resume(names[2], kind: "run").name == names[2])
            second.close()
            let third = try RunStore(path: path)
            #expect(try third.resumeLast(kind: "run")?.name == names[2])
            #expect(
                sentence { _ = try third.resume(names[0], kind: "serve") }
                    == "run \(names[0]) is one of federated run: federated run --resume \(names[0]) "
                    + "goes on with it")
            var header = Sample.header
            header.outcome = "completed"
            try third.end(names[0], header: header, isFinished: true, logFile: nil)
            #expect(
                sentence { _ = try third.resume(names[0], kind: "run") }
                    == "run \(names[0]) is over: completed")
        }
    }

    @Test("A run is meant by its name or the beginning of it")
    func beginnings() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            #expect(
                sentence { _ = try store.name(beginning: "last") }
                    == "there is no run “last”: the store has none")
            // 20231114_221320, …_2, …_3
            let names = try (0..<3).map { _ in try Sample.begin(store) }
            var header = Sample.header
            header.started = Date(timeIntervalSince1970: 1_800_000_000)
            let other = try store.begin(
                kind: "run", header: header, source: nil, layout: Sample.layout)
            for (text, name) in [
                (names[0], names[0]), (names[1], names[1]), ("20231114_221320_3", names[2]),
                ("2027", other), (other, other), ("last", other),
            ] { #expect(try store.name(beginning: text) == name) }
            #expect(
                sentence { _ = try store.name(beginning: "2023") }
                    == "“2023” begins the names of several runs: "
                    + names.joined(separator: ", "))
            for text in ["", "x", "20231114_221320_"] {
                let said = sentence { _ = try store.name(beginning: text) } ?? ""
                let isSeveral = text == "20231114_221320_"
                #expect(
                    said.hasPrefix(isSeveral ? "“\(text)” begins" : "there is no run “\(text)”"))
            }
        }
    }

    @Test("A run that is removed leaves nothing in any table, and the others as they were")
    func removing() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let kept = try Sample.begin(store, rounds: 2)
            let name = try Sample.begin(store)
            for number in 1...3 {
                let state = FederationState(
                    model: Sample.model(number), vectors: ["v": Sample.model(9)],
                    numbers: ["ε": 0.5], clients: [1: ["c": Sample.model(8)]])
                try store.commit(Sample.round(number), state: state, in: name)
            }
            try store.remove(name)
            #expect(try store.runs().map(\.name) == [kept])
            #expect(
                sentence { try store.remove(name) }
                    == "there is no run “\(name)”: the store has \(kept)")
            #expect(try store.model(of: kept)?.parameters == Sample.model(2))
            store.close()
            let database = try SQLiteConnection(path: path)
            try database.read { db in
                let tables = try db.values(
                    String.self, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
                for table in tables where !table.hasPrefix("grdb_") && !table.hasPrefix("sqlite_") {
                    let columns = try db.values(
                        String.self, sql: "SELECT name FROM pragma_table_info(?)",
                        arguments: [table])
                    let run = try #require(
                        ["run", "number"].first { columns.contains($0) }, "\(table)")
                    let runs = try db.values(
                        Int.self, sql: "SELECT DISTINCT \(run) FROM \(table)")
                    #expect(runs == [1] || runs.isEmpty, "\(table)")
                }
            }
        }
    }

    @Test("A store that an earlier version has for itself is in use")
    func earlierVersion() throws {
        try inTemporaryFolder { path in
            let lock = open(path + "-lock", O_CREAT | O_RDWR, 0o644)
            defer { close(lock) }
            #expect(FileLock.take(lock) == .held)
            #expect("123\n".withCString { pwrite(lock, $0, 4, 0) } == 4)
            #expect(
                sentence { _ = try RunStore(path: path) }
                    == "the store \(path) is in use by process 123")
        }
    }

    @Test("Links lead to one store and one lock")
    func links() throws {
        try inTemporaryFolder { path in
            let link = path + "-link"
            #expect(symlink(path, link) == 0)
            let store = try RunStore(path: link)
            let name = try Sample.begin(store, rounds: 1)
            #expect(try RunStore(path: path).holder(of: name) != nil)
            store.close()
            #expect(try RunStore(path: path, access: .reading).run(name).roundCount == 1)
        }
    }

    @Test("File systems that lack what SQLite needs are named, with what to do")
    func fileSystems() throws {
        try inTemporaryFolder { path in
            for code in [ENOLCK, ENOSYS, EOPNOTSUPP] {
                var calls = SystemCalls()
                calls.lock = { _, _ in
                    errno = code
                    return -1
                }
                SystemCalls.$current.withValue(calls) {
                    #expect(
                        sentence { _ = try RunStore(path: path) }
                            == "the store \(path) cannot be used where it is: its file system cannot "
                            + "lock files (\(String(cString: strerror(code)))); let --store name a "
                            + "file on a local disk")
                }
            }
            let lockless = [
                csqlite_ioerr_lock, csqlite_ioerr_unlock, csqlite_ioerr_rdlock,
                csqlite_ioerr_checkreservedlock, SQLITE_PROTOCOL,
            ]
            for code in lockless {
                let error = SQLiteError(code, "why")
                #expect(RunStore.storeError(error, path) == .noLocks(path: path, reason: "why"))
            }
            let memoryless = [
                csqlite_ioerr_shmopen, csqlite_ioerr_shmlock, csqlite_ioerr_shmmap,
                csqlite_ioerr_mmap,
            ]
            for code in memoryless {
                let error = SQLiteError(code)
                #expect(RunStore.storeError(error, path) == .noSharedMemory(path: path))
            }
            #expect(
                StoreError.noSharedMemory(path: "x").description
                    == "the store x cannot be used where it is: its file system cannot share memory "
                    + "between processes; let --store name a file on a local disk")
            let other = SQLiteError(csqlite_ioerr_write)
            #expect(
                RunStore.storeError(other, path)
                    == .cannotWrite(path: path, reason: "disk I/O error"))
        }
    }
}
