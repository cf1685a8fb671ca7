import Federation
import Foundation
import TestThreads
import Testing
import FederationStore

@Suite("Stores that cannot be used: one sentence each, and nothing changed", .holdsItsThread)
struct StoreErrorTests {
    @Test("No file, for those that only read")
    func missing() throws {
        try inTemporaryFolder { path in
            #expect(
                sentence { _ = try RunStore(path: path, access: .reading) }
                    == "there is no store \(path): the first run makes it")
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("A path that can be no file")
    func impossiblePaths() throws {
        try inTemporaryFolder { path in
            try Data("x".utf8).write(to: URL(fileURLWithPath: path))
            let below = path + "/runs.sqlite"
            #expect(
                sentence { _ = try RunStore(path: below) }
                    == "the store \(below) cannot be opened: Not a directory")
            let nowhere = path + "-nowhere/runs.sqlite"
            #expect(
                sentence { _ = try RunStore(path: nowhere) }
                    == "the store \(nowhere) cannot be opened: No such file or directory")
            let folder = path + "-folder"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false)
            for access in [RunStore.Access.reading, .writing] {
                #expect(
                    sentence { _ = try RunStore(path: folder, access: access) }
                        == "the store \(folder) cannot be opened: it is no regular file")
            }
        }
    }

    @Test("A file of another kind is left as it is", arguments: [1, 16, 100, 5000])
    func otherFiles(size: Int) throws {
        try inTemporaryFolder { path in
            let bytes = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 5) })
            try bytes.write(to: URL(fileURLWithPath: path))
            for access in [RunStore.Access.reading, .writing] {
                #expect(
                    sentence { _ = try RunStore(path: path, access: access) }
                        == "\(path) is not a store of runs: a SQLite file that federated has made "
                        + "was expected")
                #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
            }
        }
    }

    @Test("Another program's SQLite file is left as it is")
    func otherDatabase() throws {
        try inTemporaryFolder { path in
            let other = try SQLiteConnection(path: path)
            try other.write { try $0.execute(sql: "CREATE TABLE runs (name TEXT)") }
            other.close()
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(
                sentence { _ = try RunStore(path: path) }
                    == "\(path) is not a store of runs: a SQLite file that federated has made was "
                    + "expected")
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
        }
    }

    @Test("An empty file becomes a store")
    func emptyFile() throws {
        try inTemporaryFolder { path in
            try Data().write(to: URL(fileURLWithPath: path))
            try Sample.begin(try RunStore(path: path), rounds: 1)
        }
    }

    @Test("A store that a later version has changed")
    func newer() throws {
        try inTemporaryFolder { path in
            try RunStore(path: path).close()
            let later = try SQLiteConnection(path: path)
            try later.write {
                try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('2 something new')")
            }
            later.close()
            for access in [RunStore.Access.reading, .writing] {
                #expect(
                    sentence { _ = try RunStore(path: path, access: access) }
                        == "the store \(path) was made by a later version of federated than this "
                        + "one")
            }
        }
    }

    @Test(
        "A store of an earlier version is brought up to date to be written, and a copy to be read")
    func older() throws {
        try inTemporaryFolder { path in
            let early = try SQLiteConnection(path: path)
            try early.use {
                try $0.execute(
                    sql: "PRAGMA application_id = \(StoreSchema.applicationID)")
            }
            early.close()
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            // Who may only read it could not bring it up to date.
            let reader = try RunStore(path: path, access: .reading)
            #expect(try reader.runs().isEmpty)
            reader.close()
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
            try RunStore(path: path).close()
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) != bytes)
            _ = try RunStore(path: path, access: .reading)
        }
    }

    @Test("The lock ends with its holder and leaves no file")
    func lockEnds() throws {
        try inTemporaryFolder { path in
            for _ in 0..<3 {
                let store = try RunStore(path: path)
                #expect(FileManager.default.fileExists(atPath: path + "-lock"))
                store.close()
                #expect(!FileManager.default.fileExists(atPath: path + "-lock"))
            }
        }
    }

    @Test("A full disk: the round is not there, the rounds before it are")
    func full() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path, access: .writing, largestPageCount: 32)
            let name = try Sample.begin(store)
            var committed = 0
            let said = sentence {
                for number in 1...2000 {
                    var round = Sample.round(1)
                    round.record.round = number
                    try store.commit(round, state: Sample.state(number), in: name)
                    committed = number
                }
            }
            #expect(said == "the store \(path) cannot be written: the disk is full")
            #expect(committed > 0)
            #expect(try store.rounds(of: name).count == committed)
            #expect(
                try store.model(of: name)
                    == StoredModel(round: committed, parameters: Sample.model(committed)))
        }
    }

    @Test("A model whose bytes have changed is not handed out")
    func changedModel() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let name = try Sample.begin(store, rounds: 2)
            try store.write {
                try $0.execute(
                    sql: "UPDATE models SET parameters = zeroblob(64) WHERE round = 2")
            }
            #expect(
                sentence { _ = try store.model(of: name) }
                    == "the store \(path) is damaged: the model of round 2 of run \(name) has "
                    + "another checksum")
            #expect(try store.model(of: name, round: 1)?.parameters == Sample.model(1))
        }
    }

    @Test("Rows that contradict each other are named")
    func changedRows() throws {
        let cases = [
            (
                "DELETE FROM rounds WHERE round = 1",
                "the rounds of run NAME are [2, 3], not 1, 2, 3 …"
            ),
            (
                "UPDATE client_rounds SET class_counts = 'many' WHERE round = 2 AND client = 0",
                "class counts of client 0 in round 2 are “many”"
            ),
            (
                "UPDATE client_rounds SET failure = 'boredom' WHERE round = 2 AND client = 1",
                "the failure of client 1 in round 2 is “boredom”"
            ),
        ]
        for (sql, detail) in cases {
            try inTemporaryFolder { path in
                let store = try RunStore(path: path)
                let name = try Sample.begin(store, rounds: 3)
                try store.write { try $0.execute(sql: sql) }
                #expect(
                    sentence { _ = try store.rounds(of: name) }
                        == "the store \(path) is damaged: "
                        + detail.replacingOccurrences(of: "NAME", with: name))
            }
        }
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let name = try Sample.begin(store)
            try store.write { try $0.execute(sql: "UPDATE runs SET header = '{}'") }
            #expect(
                sentence { _ = try store.runs() }
                    == "the store \(path) is damaged: run \(name) cannot be read: the log has no "
                    + "\"client number\"")
        }
    }

    @Test("A store that is cut off or overwritten is damaged or whole, and never a trap")
    func truncated() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            try Sample.begin(store, rounds: 3)
            store.close()
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            var damaged = 0
            for step in 1..<40 {
                var bytes = whole
                if step % 2 == 0 {
                    bytes = bytes.prefix(whole.count * step / 40)
                } else {
                    let start = 100 + (whole.count - 300) * step / 40
                    bytes.replaceSubrange(
                        start..<start + 200, with: Data(repeating: 0xA5, count: 200))
                }
                let copy = "\(path)-\(step)"
                try bytes.write(to: URL(fileURLWithPath: copy))
                let said = sentence {
                    let store = try RunStore(path: copy)
                    defer { store.close() }
                    for run in try store.runs() {
                        _ = try store.rounds(of: run.name)
                        _ = try store.log(of: run.name)
                    }
                }
                guard let said else { continue }
                damaged += 1
                #expect(
                    said.hasPrefix("the store \(copy) ")
                        || said.hasPrefix("\(copy) is not a store"),
                    "step \(step): \(said)")
            }
            #expect(damaged > 10)
        }
    }

    @Test("Runs that the store has not")
    func unknownRun() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            #expect(
                sentence { _ = try store.run("x") } == "there is no run “x”: the store has none")
            for _ in 0..<2 { try Sample.begin(store) }
            for body in [
                { _ = try store.run("x") }, { _ = try store.rounds(of: "x") },
                { _ = try store.model(of: "x") }, { _ = try store.log(of: "x") },
                { _ = try store.clients(of: "x") },
                { try store.commit(Sample.round(1), state: Sample.state(1), in: "x") },
                { try store.end("x", header: Sample.header, isFinished: true, logFile: nil) },
                { try store.register(client: 1, samples: 1, in: "x") },
            ] as [() throws -> Void] {
                #expect(
                    sentence(body)
                        == "there is no run “x”: the store has 20231114_221320, 20231114_221320_2")
            }
            for _ in 0..<8 { try Sample.begin(store) }
            #expect(
                sentence { _ = try store.run("x") }?.hasPrefix(
                    "there is no run “x”: the last ones that the store has are "
                        + "20231114_221320_3, ") == true)
        }
    }
}
