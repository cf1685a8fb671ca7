import Federation
import FederationStore
import Foundation
import TestThreads
import Testing

/// Stores of versions whose clients were 1 … K.
@Suite("Stores of earlier versions", .holdsItsThread)
struct EarlierStoreTests {
    /// Makes of a store what an earlier version would have written: tables of the second format, with ids
    /// from 1 in them and in all sentences, and headers that do not say what they count from.
    private func makeEarlier(_ path: String) throws {
        let early = try SQLiteConnection(path: path + "-early")
        try early.use { db in
            try db.execute(sql: "PRAGMA application_id = \(StoreSchema.applicationID)")
        }
        try StoreSchema.migrator.migrate(early, upTo: "2 states of strategies")
        try early.use { db in
            try db.execute(sql: "ATTACH DATABASE ? AS later", arguments: [path])
            for table in ["runs", "clients", "rounds", "client_rounds", "models"] {
                let columns = try db.values(
                    String.self, sql: "SELECT name FROM pragma_table_info(?, 'main')",
                    arguments: [table])
                let values = columns.map { column in
                    switch column {
                    case "client": "client + 1"
                    case "reason": "replace(reason, 'client 9', 'client 10')"
                    case "header":
                        "replace(replace(header, '\"client_ids_from\": 0,', ''), 'client 0', 'client 1')"
                    default: column
                    }
                }
                try db.execute(
                    sql: """
                        INSERT INTO main.\(table) (\(columns.joined(separator: ", ")))
                        SELECT \(values.joined(separator: ", ")) FROM later.\(table)
                        """)
            }
            // What is kept by name now was kept by position.
            try db.execute(
                sql: """
                    INSERT INTO main.optimizer_states (run, position, sha256, parameters)
                    SELECT run, row_number() OVER (PARTITION BY run ORDER BY name) - 1, sha256,
                    parameters FROM later.server_vectors;
                    INSERT INTO main.client_states (run, client, sha256, parameters)
                    SELECT run, client + 1, sha256, parameters FROM later.client_vectors;
                    """)
            try db.execute(sql: "DETACH DATABASE later")
        }
        early.close()
        for end in ["", "-wal", "-shm"] { unlink(path + end) }
        try FileManager.default.moveItem(atPath: path + "-early", toPath: path)
    }

    /// A round in which all clients have a part, and one fails for a reason that names a client.
    private func round(_ number: Int) -> CommittedRound {
        var round = Sample.round(number)
        round.record.clients[2].failure = ClientFailure(
            .absence, reason: "the update of client 9 is NaN")
        return round
    }

    /// Control variates of two clients.
    private func state(_ number: Int) -> FederationState {
        let name = ControlVariateUpdate.name
        return FederationState(
            model: Sample.model(number), vectors: [name: Sample.model(100)],
            clients: [0: [name: Sample.model(10 + number)], 2: [name: Sample.model(20 + number)]])
    }

    private func makeStore(_ path: String) throws -> (going: String, ended: String) {
        let store = try RunStore(path: path)
        defer { store.close() }
        let going = try Sample.begin(store)
        for number in 1...2 { try store.commit(round(number), state: state(number), in: going) }
        let ended = try Sample.begin(store, rounds: 1)
        var log = Sample.header
        log.outcome = "diverged: client 0 in round 2: its loss is NaN"
        try store.end(ended, header: log, isFinished: true, logFile: nil)
        return (going, ended)
    }

    private func check(_ store: RunStore, _ names: (going: String, ended: String)) throws {
        #expect(try store.rounds(of: names.going) == (1...2).map(round))
        #expect(try store.clients(of: names.going) == [0: 10, 1: 20, 2: 30])
        #expect(try store.state(of: names.going) == state(2))
        #expect(try store.rounds(of: names.ended) == [Sample.round(1)])
        #expect(
            try store.run(names.ended).outcome == "diverged: client 0 in round 2: its loss is NaN")
        let log = try store.log(of: names.going)
        #expect(log.clientSamples == [0: [10, 10], 1: [20, 0], 2: [30, 30]])
    }

    @Test("Read as they are, with ids from 0, and left as they are")
    func reading() throws {
        try inTemporaryFolder { path in
            let names = try makeStore(path)
            try makeEarlier(path)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            for _ in 0..<2 {
                let store = try RunStore(path: path, access: .reading)
                try check(store, names)
                store.close()
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
            let applied = try SQLiteConnection(path: path).read(StoreSchema.migrator.applied)
            #expect(applied.count == 2)
        }
    }

    @Test("Brought up to date by the first that writes, once; and gone on with")
    func writing() throws {
        try inTemporaryFolder { path in
            let names = try makeStore(path)
            try makeEarlier(path)
            for _ in 0..<2 {
                let store = try RunStore(path: path)
                try check(store, names)
                store.close()
            }
            let reader = try RunStore(path: path, access: .reading)
            try check(reader, names)
            let first = try reader.read {
                try $0.value(Int.self, sql: "SELECT min(client) FROM clients")
            }
            #expect(first == 0)
            reader.close()

            let store = try RunStore(path: path)
            try store.commit(round(3), state: state(3), in: names.going)
            #expect(try store.rounds(of: names.going) == (1...3).map(round))
            #expect(try store.state(of: names.going) == state(3))
            try store.register(client: 0, samples: 11, in: names.going)
            #expect(try store.clients(of: names.going) == [0: 11, 1: 20, 2: 30])
        }
    }

    @Test("A store that is read while another process brings it up to date")
    func readingMeanwhile() throws {
        try inTemporaryFolder { path in
            let names = try makeStore(path)
            try makeEarlier(path)
            let reader = try RunStore(path: path, access: .reading)
            try check(reader, names)
            try RunStore(path: path).close()
            try check(reader, names)
        }
    }
}
