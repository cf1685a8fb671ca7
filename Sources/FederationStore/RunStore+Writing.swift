import Federation
import Foundation
import GRDB
import Tensors

extension RunStore {
    /// Enters a new run and gives it a name: its header's time as %Y%m%d_%H%M%S, with _2, _3 … if
    /// the store has such a run already.
    /// - Parameters:
    ///   - kind: which command may go on with it.
    ///   - header: the run's log; only what is no series counts.
    ///   - source: how the caller finds its data again.
    ///   - samples: how many training samples each client has, by id.
    /// - Returns: the run's name.
    public func begin(
        kind: String, header: RunLog, source: JSONValue, layout: ParameterLayout,
        samples: [Int: Int] = [:]
    ) throws(StoreError) -> String {
        try write { db in
            let stamp = LogDirectory.stamp(header.started)
            var name = stamp
            var number = 1
            while try Int.fetchOne(db, sql: "SELECT 1 FROM runs WHERE name = ?", arguments: [name])
                != nil
            {
                number += 1
                name = "\(stamp)_\(number)"
            }
            try db.execute(
                sql: "INSERT INTO runs (name, kind, header, source, layout) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    name, kind, Self.text(header), Self.text(source),
                    String(decoding: try JSONEncoder().encode(layout), as: UTF8.self),
                ])
            let run = db.lastInsertedRowID
            for (client, count) in samples.sorted(by: { $0.key < $1.key }) {
                try Self.insert(db, run: run, client: client, samples: count)
            }
            return name
        }
    }

    /// Notes how many training samples a client of a run has.
    public func register(client: Int, samples: Int, in run: String) throws(StoreError) {
        try write { db in
            try Self.insert(db, run: number(of: run, db), client: client, samples: samples)
        }
    }

    /// Makes a round and what is known after it permanent: all of it, or nothing if it throws.
    ///
    /// Of `state.clients`, those that were in the round are written. The models of rounds before the last `modelsKept` are dropped in the same transaction.
    /// - Precondition: it is the run's next round.
    public func commit(
        _ round: CommittedRound, state: FederationState, in run: String
    ) throws(StoreError) {
        let model = StoredVector(state.model)
        let optimizer = state.optimizer.map(StoredVector.init)
        let clients = round.record.clients.filter { $0.sampleCount != nil }.compactMap { part in
            state.clients[part.client].map { (part.client, StoredVector($0)) }
        }
        try write { db in
            let run = try number(of: run, db)
            let record = round.record
            let last =
                try Int.fetchOne(
                    db, sql: "SELECT max(round) FROM rounds WHERE run = ?", arguments: [run]) ?? 0
            precondition(record.round == last + 1, "round \(record.round) follows \(last)")
            try db.execute(
                sql: "INSERT INTO rounds VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    run, record.round, record.global?.accuracy ?? 0, record.global?.loss ?? 0,
                    record.global?.count ?? 0, round.seconds, round.trainingSeconds,
                    round.evaluationSeconds,
                ])
            let statement = try db.cachedStatement(
                sql: "INSERT INTO client_rounds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            for part in record.clients {
                try statement.execute(arguments: [
                    run, record.round, part.client, part.sampleCount, part.evaluation?.accuracy,
                    part.evaluation?.loss, part.evaluation?.count, part.failure?.kind.rawValue,
                    part.failure?.reason, round.classCounts[part.client].map { "\($0)" },
                ])
            }
            try db.execute(
                sql: "INSERT INTO models VALUES (?, ?, ?, ?)",
                arguments: [run, record.round, model.digest, model.bytes])
            try db.execute(
                sql: "DELETE FROM models WHERE run = ? AND round <= ?",
                arguments: [run, record.round - Self.modelsKept])
            try db.execute(
                sql: "DELETE FROM kept_updates WHERE run = ? AND round <= ?",
                arguments: [run, record.round])
            for (position, vector) in optimizer.enumerated() {
                try db.cachedStatement(
                    sql: "INSERT OR REPLACE INTO optimizer_states VALUES (?, ?, ?, ?)"
                ).execute(arguments: [run, position, vector.digest, vector.bytes])
            }
            for (client, vector) in clients {
                try db.cachedStatement(
                    sql: "INSERT OR REPLACE INTO client_states VALUES (?, ?, ?, ?)"
                ).execute(arguments: [run, client, vector.digest, vector.bytes])
            }
        }
    }

    /// Notes how a run ended.
    /// - Parameters:
    ///   - header: its log; only what is no series counts.
    ///   - isFinished: false if the run may go on.
    ///   - logFile: where the log was written.
    public func end(
        _ run: String, header: RunLog, isFinished: Bool, logFile: String?
    ) throws(StoreError) {
        try write { db in
            try db.execute(
                sql: "UPDATE runs SET header = ?, is_finished = ?, log_file = ? WHERE number = ?",
                arguments: [Self.text(header), isFinished, logFile, number(of: run, db)])
        }
    }

    private static func insert(_ db: Database, run: Int64, client: Int, samples: Int) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO clients VALUES (?, ?, ?)
                ON CONFLICT DO UPDATE SET samples = excluded.samples
                """
        ).execute(arguments: [run, client, samples])
    }

    private static func text(_ header: RunLog) -> String {
        String(decoding: header.withoutSeries.encoded(), as: UTF8.self)
    }

    private static func text(_ value: JSONValue) -> String {
        String(decoding: value.encoded(), as: UTF8.self)
    }
}
