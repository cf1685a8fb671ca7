import Federation
import Foundation
import JSON
import Parameters

extension RunStore {
    /// Enters a new run and gives it a name: its header's time as %Y%m%d_%H%M%S, with _2, _3 … if
    /// the store has such a run already. No other process can go on with it until this one has ended,
    /// closed the store or released it.
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
            let name = try freeName(LogDirectory.stamp(header.started), db)
            // Before others can see it.
            try hold(name)
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

    /// The stamp, or that with _2, _3 … if there is such a run.
    private func freeName(_ stamp: String, _ db: SQLiteDatabase) throws -> String {
        var name = stamp
        var number = 1
        let sql = "SELECT 1 FROM runs WHERE name = ?"
        while try db.value(Int.self, sql: sql, arguments: [name]) != nil {
            number += 1
            name = "\(stamp)_\(number)"
        }
        return name
    }

    /// Notes how many training samples a client of a run has.
    public func register(client: Int, samples: Int, in run: String) throws(StoreError) {
        try write { db in
            try Self.insert(db, run: number(of: run, db), client: client, samples: samples)
        }
    }

    /// Makes a round and what is known after it permanent: all of it, or nothing if it throws.
    ///
    /// Of `state.clients`, those that were in the round are written. The models of rounds before the last
    /// `modelsKept` are dropped in the same transaction.
    /// - Precondition: it is the run's next round.
    public func commit(
        _ round: CommittedRound, state: FederationState, in run: String
    ) throws(StoreError) {
        try commit([round], state: state, in: run)
    }

    /// Makes rounds and what is known after the last of them permanent: all of it, or nothing if it throws.
    /// - Precondition: they are the run's next rounds, in order.
    public func commit(
        _ rounds: [CommittedRound], state: FederationState, in run: String
    ) throws(StoreError) {
        guard let end = rounds.last?.record.round else { return }
        let model = StoredVector(state.model)
        // Of several rounds at once, that before the last would be missing when the run goes on.
        let previous = rounds.count > 1 ? state.previous.map(StoredVector.init) : nil
        let server = state.vectors.mapValues(StoredVector.init)
        let seen = Set(
            rounds.flatMap(\.record.clients).filter { $0.sampleCount != nil }.map(\.client))
        let clients = seen.map { client in
            (client, state.clients[client, default: [:]].mapValues(StoredVector.init))
        }
        try write { db in
            let run = try number(of: run, db)
            let last = try lastRound(of: run, db) ?? 0
            precondition(
                rounds.map(\.record.round) == Array(last &+ 1..<last &+ 1 &+ rounds.count),
                "rounds \(rounds.map(\.record.round)) follow \(last)")
            for round in rounds { try Self.insert(db, run, round) }
            try db.execute(
                sql: "INSERT INTO models VALUES (?, ?, ?, ?)",
                arguments: [run, end, model.digest, model.bytes])
            if let previous {
                try db.execute(
                    sql: "INSERT OR IGNORE INTO models VALUES (?, ?, ?, ?)",
                    arguments: [run, end - 1, previous.digest, previous.bytes])
            }
            try db.execute(
                sql: "DELETE FROM models WHERE run = ? AND round <= ?",
                arguments: [run, end - Self.modelsKept])
            try db.execute(
                sql: "DELETE FROM kept_updates WHERE run = ? AND round <= ?",
                arguments: [run, end])
            try Self.insert(db, run, server, numbers: state.numbers)
            for (client, vectors) in clients { try Self.insert(db, run, client, vectors) }
        }
    }

    /// What a round's record says.
    private static func insert(_ db: SQLiteDatabase, _ run: Int, _ round: CommittedRound) throws {
        let record = round.record
        try db.execute(
            sql: "INSERT INTO rounds VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                run, record.round, record.global?.accuracy ?? 0, record.global?.loss ?? 0,
                record.global?.count ?? 0, round.seconds, round.trainingSeconds,
                round.evaluationSeconds,
            ])
        for part in record.clients {
            try db.execute(
                sql: """
                    INSERT INTO client_rounds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    run, record.round, part.client, part.sampleCount,
                    part.evaluation?.accuracy, part.evaluation?.loss, part.evaluation?.count,
                    part.failure?.kind.rawValue, part.failure?.reason,
                    round.classCounts[part.client].map { "\($0)" },
                    part.updateNorm, part.updateCosine,
                ])
        }
        for (position, drop) in round.observedDrops.enumerated() {
            try db.execute(
                sql: """
                    INSERT INTO drops (run, round, position, client, at, reason)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    run, record.round, position, drop.client, drop.at?.timeIntervalSince1970,
                    drop.reason,
                ])
        }
        try insert(db, run, record.round, round.metrics)
        if let classes = round.classes { try insert(db, run, record.round, classes) }
    }

    private static func insert(
        _ db: SQLiteDatabase, _ run: Int, _ round: Int, _ metrics: [String: Double]
    ) throws {
        for (name, value) in metrics.sorted(by: { $0.key < $1.key }) where value.isFinite {
            try db.execute(
                sql: "INSERT INTO round_metrics VALUES (?, ?, ?, ?)",
                arguments: [run, round, name, value])
        }
    }

    /// In place of an earlier round's.
    private static func insert(
        _ db: SQLiteDatabase, _ run: Int, _ round: Int, _ classes: ClassResults
    ) throws {
        let text = String(decoding: try JSONEncoder().encode(classes), as: UTF8.self)
        try db.execute(
            sql: "INSERT OR REPLACE INTO class_results VALUES (?, ?, ?)",
            arguments: [run, round, text])
    }

    private static func insert(
        _ db: SQLiteDatabase, _ run: Int, _ vectors: [String: StoredVector],
        numbers: [String: Double]
    ) throws {
        for (name, vector) in vectors {
            try db.execute(
                sql: "INSERT OR REPLACE INTO server_vectors VALUES (?, ?, ?, ?)",
                arguments: [run, name, vector.digest, vector.bytes])
        }
        for (name, value) in numbers {
            try db.execute(
                sql: "INSERT OR REPLACE INTO server_numbers VALUES (?, ?, ?)",
                arguments: [run, name, value])
        }
    }

    private static func insert(
        _ db: SQLiteDatabase, _ run: Int, _ client: Int, _ vectors: [String: StoredVector]
    ) throws {
        for (name, vector) in vectors {
            try db.execute(
                sql: "INSERT OR REPLACE INTO client_vectors VALUES (?, ?, ?, ?, ?)",
                arguments: [run, client, name, vector.digest, vector.bytes])
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
            let run = try number(of: run, db)
            try db.execute(
                sql: "UPDATE runs SET header = ?, is_finished = ?, log_file = ? WHERE number = ?",
                arguments: [Self.text(header), isFinished ? 1 : 0, logFile, run])
            // Of a run that is over nothing is wanted.
            if !header.outcome.isEmpty { try forgetWish(run, db) }
        }
    }

    private static func insert(_ db: SQLiteDatabase, run: Int, client: Int, samples: Int) throws {
        try db.execute(
            sql: """
                INSERT INTO clients VALUES (?, ?, ?)
                ON CONFLICT DO UPDATE SET samples = excluded.samples
                """,
            arguments: [run, client, samples])
    }

    private static func text(_ header: RunLog) -> String {
        String(decoding: header.withoutSeries.encoded(), as: UTF8.self)
    }

    private static func text(_ value: JSONValue) -> String {
        String(decoding: value.encoded(), as: UTF8.self)
    }
}
