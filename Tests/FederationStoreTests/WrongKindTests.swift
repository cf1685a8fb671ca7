import Federation
import FederationStore
import Foundation
import Parameters
import TestThreads
import Testing

/// Files that are stores by their tables and hold what no version of this program writes.
@Suite("Stores whose columns hold what they should not", .holdsItsThread)
struct WrongKindTests {
    /// A store with something in every table, and the name of its run.
    private func makeStore(_ path: String) throws -> String {
        let store = try RunStore(path: path)
        defer { store.close() }
        let name = try Sample.begin(store)
        for number in 1...2 {
            var round = Sample.round(number)
            round.metrics = ["ε": 0.5]
            round.observedDrops = [
                ClientDrop(
                    at: Date(timeIntervalSince1970: 1_700_000_000), client: 1, round: number,
                    reason: "gone")
            ]
            try store.commit(
                round,
                state: FederationState(
                    model: Sample.model(number), vectors: ["v": Sample.model(9)],
                    numbers: ["n": 1], clients: [0: ["c": Sample.model(8)]]),
                in: name)
        }
        try store.keep(
            ModelUpdate(client: 1, round: 3, sampleCount: 20, parameters: Sample.model(7)),
            in: name)
        return name
    }

    /// Every column of every table.
    private func columns(_ path: String) throws -> [(table: String, column: String)] {
        let connection = try SQLiteConnection(path: path)
        defer { connection.close() }
        return try connection.read { database in
            try database.rows(
                sql: """
                    SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c
                    WHERE m.type = 'table'
                    """
            ) { (try $0[0], try $0[1]) }
        }
    }

    /// Puts a value into a column, whatever its table is declared to want.
    /// - Returns: whether SQLite lets that be.
    private func spoil(_ path: String, _ table: String, _ column: String, _ value: String) -> Bool {
        let sentence = sentence {
            let connection = try SQLiteConnection(path: path)
            defer { connection.close() }
            try connection.use {
                try $0.execute(
                    sql: """
                        PRAGMA synchronous = OFF;
                        PRAGMA foreign_keys = OFF;
                        PRAGMA writable_schema = ON;
                        UPDATE sqlite_schema SET sql = replace(replace(replace(
                            sql, ' STRICT, ', ' '), ' STRICT', ''), ' NOT NULL', '');
                        PRAGMA writable_schema = RESET;
                        UPDATE OR IGNORE \(table) SET \(column) = \(value);
                        """)
            }
        }
        return sentence == nil
    }

    /// All that can be read of a store.
    private func readAll(_ path: String, _ name: String) throws {
        let store = try RunStore(path: path, access: .reading)
        defer { store.close() }
        _ = try store.runs()
        _ = try store.lastUnfinishedRun(kind: "run")
        _ = try store.clients(of: name)
        _ = try store.rounds(of: name)
        _ = try store.state(of: name)
        _ = try store.keptUpdates(of: name)
        _ = try store.log(of: name).encoded()
    }

    @Test(
        "A sentence or what can be read so, and never a trap",
        arguments: [
            "NULL", "'x'", "x'00'", "0.5", "-9223372036854775808", "9223372036854775807", "1e999",
        ])
    func everyColumn(value: String) throws {
        try inTemporaryFolder { path in
            let name = try makeStore(path)
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            var refused = 0
            for (table, column) in try columns(path) {
                try whole.write(to: URL(fileURLWithPath: path))
                guard spoil(path, table, column, value) else { continue }
                guard let said = sentence({ try readAll(path, name) }) else { continue }
                refused += 1
                #expect(
                    said.hasPrefix("the store \(path) is damaged: ")
                        || said.hasPrefix("there is no run “\(name)”: ")
                        || said == "the store \(path) was made by a later version of federated "
                            + "than this one",
                    "\(table).\(column) = \(value): \(said)")
            }
            #expect(refused > 5)
        }
    }

    @Test("The column is named, with what it holds and what was expected")
    func sentences() throws {
        try inTemporaryFolder { path in
            let name = try makeStore(path)
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            for (table, column, value, words) in [
                ("clients", "samples", "'x'", "a text as samples, where an integer was expected"),
                ("rounds", "seconds", "NULL", "NULL as seconds, where a number was expected"),
                ("models", "sha256", "0.5", "a number as sha256, where a blob was expected"),
                ("runs", "header", "x'00'", "a blob as header, where a text was expected"),
            ] {
                try whole.write(to: URL(fileURLWithPath: path))
                #expect(spoil(path, table, column, value))
                #expect(
                    sentence { try readAll(path, name) }
                        == "the store \(path) is damaged: a row has \(words)")
            }
        }
    }
}
