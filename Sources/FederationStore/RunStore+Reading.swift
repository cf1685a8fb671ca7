import Federation
import Foundation
import GRDB
import JSON
import Parameters

extension RunStore {
    /// All runs, in the order in which they began.
    public func runs() throws(StoreError) -> [StoredRun] {
        try read { db in
            try Row.fetchAll(db, sql: Self.selection + " ORDER BY number").map {
                try storedRun($0)
            }
        }
    }

    /// The run of that name.
    /// - Throws: `StoreError.unknownRun`.
    public func run(_ name: String) throws(StoreError) -> StoredRun {
        try read { db in
            let number = try number(of: name, db)
            let row = try Row.fetchOne(
                db, sql: Self.selection + " WHERE number = ?", arguments: [number])
            guard let row else { throw damage("run \(name) has no row") }
            return try storedRun(row)
        }
    }

    /// The last run of that kind that has not come to an end; nil if there is none.
    public func lastUnfinishedRun(kind: String) throws(StoreError) -> StoredRun? {
        try read { db in
            try Row.fetchOne(
                db,
                sql: Self.selection
                    + " WHERE kind = ? AND NOT is_finished ORDER BY number DESC LIMIT 1",
                arguments: [kind]
            ).map { try storedRun($0) }
        }
    }

    /// How many training samples each client of a run has, by id.
    public func clients(of name: String) throws(StoreError) -> [Int: Int] {
        try read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT client, samples FROM clients WHERE run = ?",
                arguments: [number(of: name, db)])
            let first = try StoreSchema.firstClient(db, path: path)
            return Dictionary(
                uniqueKeysWithValues: rows.map { row in
                    (row["client"] as Int &- first, row["samples"] as Int)
                })
        }
    }

    /// The committed rounds of a run: 1, 2, 3 …
    public func rounds(of name: String) throws(StoreError) -> [CommittedRound] {
        try read { db in
            let run = try number(of: name, db)
            var parts: [Int: [Row]] = [:]
            let clients = try Row.fetchCursor(
                db, sql: "SELECT * FROM client_rounds WHERE run = ? ORDER BY round, client",
                arguments: [run])
            while let row = try clients.next() {
                parts[row["round"], default: []].append(row.copy())
            }
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM rounds WHERE run = ? ORDER BY round", arguments: [run])
            let first = try StoreSchema.firstClient(db, path: path)
            var rounds = try rows.map {
                try committedRound($0, parts[$0["round"]] ?? [], firstClient: first)
            }
            guard rounds.map(\.record.round) == Array(1..<rounds.count + 1) else {
                throw damage(
                    "the rounds of run \(name) are \(rounds.map(\.record.round)), not 1, 2, 3 …")
            }
            // A store of an earlier version that is only read has none.
            let drops =
                try db.tableExists("drops")
                ? Row.fetchAll(
                    db, sql: "SELECT * FROM drops WHERE run = ? ORDER BY round, position",
                    arguments: [run]) : []
            for drop in drops {
                let round: Int = drop["round"]
                guard rounds.indices.contains(round - 1) else {
                    throw damage("run \(name) has a drop in round \(round), which it has not")
                }
                rounds[round - 1].observedDrops.append(clientDrop(drop))
            }
            try readClasses(of: name, run, into: &rounds, db)
            guard try StoreSchema.hasNames(db) else { return rounds }
            for row in try Row.fetchAll(
                db, sql: "SELECT round, name, value FROM round_metrics WHERE run = ?",
                arguments: [run])
            {
                let round: Int = row["round"]
                guard rounds.indices.contains(round - 1) else {
                    throw damage("run \(name) measured a round \(round), which it has not")
                }
                rounds[round - 1].metrics[row["name"]] = row["value"]
            }
            return rounds
        }
    }

    private func readClasses(
        of name: String, _ run: Int64, into rounds: inout [CommittedRound], _ db: Database
    ) throws {
        // A store of an earlier version that is only read has none.
        guard try db.tableExists("class_results"),
            let row = try Row.fetchOne(
                db, sql: "SELECT round, results FROM class_results WHERE run = ?",
                arguments: [run])
        else { return }
        let round: Int = row["round"]
        let text: String = row["results"]
        guard rounds.indices.contains(round - 1),
            let results = try? JSONDecoder().decode(ClassResults.self, from: Data(text.utf8)),
            results.isSound
        else {
            throw damage(
                "the results by class of run \(name), round \(round), are “\(text.prefix(40))”")
        }
        rounds[round - 1].classes = results
    }

    /// A run's global model after a round, or after its last one; nil before the first.
    /// - Throws: `StoreError.noModel` for a round whose model is not kept, `.damaged` for one whose
    ///   bytes are not those that were written.
    public func model(of name: String, round: Int? = nil) throws(StoreError) -> StoredModel? {
        try read { db in
            let run = try number(of: name, db)
            let last = try Int.fetchOne(
                db, sql: "SELECT max(round) FROM rounds WHERE run = ?", arguments: [run])
            guard let wanted = round ?? last else { return nil }
            let row = try Row.fetchOne(
                db, sql: "SELECT sha256, parameters FROM models WHERE run = ? AND round = ?",
                arguments: [run, wanted])
            guard let row else {
                if wanted == last { throw damage("the last model of run \(name) is not in it") }
                let kept = try Int.fetchAll(
                    db, sql: "SELECT round FROM models WHERE run = ? ORDER BY round",
                    arguments: [run])
                throw StoreError.noModel(run: name, round: wanted, kept: kept)
            }
            return StoredModel(
                round: wanted,
                parameters: try vector(row, "the model of round \(wanted) of run \(name)"))
        }
    }

    /// What a run's federation knew after its last round; nil before the first.
    /// - Throws: `StoreError.damaged` where bytes are not those that were written.
    public func state(of name: String) throws(StoreError) -> FederationState? {
        guard let model = try model(of: name) else { return nil }
        return try read { db in
            let run = try number(of: name, db)
            let first = try StoreSchema.firstClient(db, path: path)
            let isNamed = try StoreSchema.hasNames(db)
            var state = FederationState(model: model.parameters)
            let server = try Row.fetchAll(
                db,
                sql: isNamed
                    ? "SELECT name AS kept, sha256, parameters FROM server_vectors WHERE run = ?"
                    : """
                    SELECT sha256, parameters, \(StoreSchema.legacyName) AS kept
                    FROM optimizer_states JOIN runs ON runs.number = run WHERE run = ?
                    """, arguments: [run])
            for row in server {
                let kept: String = row["kept"]
                state.vectors[kept] = try vector(row, "the server's \(kept) of run \(name)")
            }
            let clients = try Row.fetchAll(
                db,
                sql: isNamed
                    ? "SELECT * FROM client_vectors WHERE run = ?"
                    : "SELECT *, 'control variate c' AS name FROM client_states WHERE run = ?",
                arguments: [run])
            for row in clients {
                let client = row["client"] as Int &- first
                state.clients[client, default: [:]][row["name"]] = try vector(
                    row, "client \(client)'s state of run \(name)")
            }
            guard isNamed else { return state }
            let numbers = try Row.fetchAll(
                db, sql: "SELECT name, value FROM server_numbers WHERE run = ?", arguments: [run])
            for row in numbers { state.numbers[row["name"]] = row["value"] }
            return state
        }
    }

    /// The vector in a row's columns sha256 and parameters.
    func vector(_ row: Row, _ what: String) throws -> ParameterVector {
        let stored = StoredVector(digest: row["sha256"], bytes: row["parameters"])
        guard stored.isWhole else { throw damage("\(what) has another checksum") }
        guard let vector = stored.vector else {
            throw damage("\(what) has \(stored.bytes.count) bytes")
        }
        return vector
    }

    /// A run's log, as it was or would be written, with its last model unless that is unwanted.
    public func log(of name: String, withModel: Bool = true) throws(StoreError) -> RunLog {
        let run = try run(name)
        var log = run.header
        log.outcome = run.outcome
        let rounds = try rounds(of: name)
        log.drops = []
        for round in rounds { log.append(round) }
        if run.header.outcome.isEmpty {
            log.timings.trainingSeconds = rounds.reduce(0) { $0 + $1.trainingSeconds }
            log.timings.evaluationSeconds = rounds.reduce(0) { $0 + $1.evaluationSeconds }
            log.timings.totalSeconds = rounds.reduce(0) { $0 + $1.seconds }
        }
        if withModel, let model = try model(of: name) {
            guard model.parameters.count == run.layout.count else {
                throw damage(
                    "the model of run \(name) has \(model.parameters.count) parameters, not "
                        + "\(run.layout.count)")
            }
            log.finalWeight = .nested(model.parameters, layout: run.layout)
        }
        return log
    }

    // MARK: Rows

    private static let selection = """
        SELECT *,
            (SELECT count(*) FROM rounds WHERE run = number) AS round_count,
            (SELECT accuracy FROM rounds WHERE run = number AND tested > 0
                ORDER BY round DESC LIMIT 1)
                AS last_accuracy
        FROM runs
        """

    /// The key of the run of that name.
    func number(of name: String, _ db: Database) throws -> Int64 {
        let found = try Int64.fetchOne(
            db, sql: "SELECT number FROM runs WHERE name = ?", arguments: [name])
        if let found { return found }
        let names = try String.fetchAll(db, sql: "SELECT name FROM runs ORDER BY number")
        throw StoreError.unknownRun(name, existing: names)
    }

    private func damage(_ detail: String) -> StoreError {
        .damaged(path: path, detail: detail)
    }

    private func storedRun(_ row: Row) throws -> StoredRun {
        let name: String = row["name"]
        let header: String = row["header"]
        let source: String = row["source"]
        let layout: String = row["layout"]
        do {
            let isFinished: Bool = row["is_finished"]
            let log = try RunLog(decoding: Array(header.utf8))
            // Whoever has it may have written how it ended, and not have left it yet.
            let isRunning = !isFinished && log.outcome.isEmpty && holder(of: name) != nil
            return StoredRun(
                name: name, kind: row["kind"], header: log,
                source: try JSONValue(decoding: Array(source.utf8)),
                layout: try JSONDecoder().decode(ParameterLayout.self, from: Data(layout.utf8)),
                isFinished: isFinished, isRunning: isRunning,
                logFile: row["log_file"],
                roundCount: row["round_count"], lastAccuracy: row["last_accuracy"])
        } catch is DecodingError {
            throw damage("run \(name) cannot be read: its tensors are “\(layout.prefix(40))”")
        } catch {
            throw damage("run \(name) cannot be read: \(error)")
        }
    }

    private func committedRound(
        _ row: Row, _ parts: [Row], firstClient: Int
    ) throws -> CommittedRound {
        let round: Int = row["round"]
        var classCounts: [Int: [Int]] = [:]
        let clients = try parts.map { part in
            let client = part["client"] as Int &- firstClient
            if let text: String = part["class_counts"] {
                guard let counts = try? JSONDecoder().decode([Int].self, from: Data(text.utf8))
                else {
                    throw damage("class counts of client \(client) in round \(round) are “\(text)”")
                }
                classCounts[client] = counts
            }
            return RoundRecord.Client(
                client: client, sampleCount: part["samples"], evaluation: evaluation(part),
                failure: try failure(part, client, round, firstClient: firstClient))
        }
        let tested: Int = row["tested"]
        let global =
            tested == 0
            ? nil : Evaluation(accuracy: row["accuracy"], loss: row["loss"], count: tested)
        return CommittedRound(
            record: RoundRecord(round: round, clients: clients, global: global),
            classCounts: classCounts, seconds: row["seconds"],
            trainingSeconds: row["training_seconds"], evaluationSeconds: row["evaluation_seconds"])
    }

    private func clientDrop(_ row: Row) -> ClientDrop {
        let seconds: Double? = row["at"]
        return ClientDrop(
            at: seconds.map(Date.init(timeIntervalSince1970:)), client: row["client"],
            round: row["round"], reason: row["reason"])
    }

    /// SQLite keeps NaN as null; the number of images tells whether there was an evaluation.
    private func evaluation(_ part: Row) -> Evaluation? {
        guard let count: Int = part["tested"] else { return nil }
        return Evaluation(
            accuracy: part["accuracy"] ?? .nan, loss: part["loss"] ?? .nan, count: count)
    }

    private func failure(
        _ part: Row, _ client: Int, _ round: Int, firstClient: Int
    ) throws -> ClientFailure? {
        guard let text: String = part["failure"] else { return nil }
        guard let kind = ClientFailure.Kind(rawValue: text) else {
            throw damage("the failure of client \(client) in round \(round) is “\(text)”")
        }
        return ClientFailure(
            kind, reason: RunLog.renumbered(part["reason"] ?? "", clientsFrom: firstClient))
    }
}
