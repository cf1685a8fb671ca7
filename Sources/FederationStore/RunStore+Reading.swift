import Federation
import Foundation
import JSON
import Parameters

extension RunStore {
    /// All runs, in the order in which they began.
    public func runs() throws(StoreError) -> [StoredRun] {
        try read { db in
            let remarks = try remarks(db)
            return try db.rows(sql: Self.selection + " ORDER BY number") {
                try storedRun($0, remarks)
            }
        }
    }

    /// The run of that name.
    /// - Throws: `StoreError.unknownRun`.
    public func run(_ name: String) throws(StoreError) -> StoredRun {
        try read { db in
            let number = try number(of: name, db)
            let sql = Self.selection + " WHERE number = ?"
            let remarks = try remarks(of: number, db)
            let run = try db.row(sql: sql, arguments: [number]) { try storedRun($0, remarks) }
            guard let run else { throw damage("run \(name) has no row") }
            return run
        }
    }

    /// The last run of that kind that has not come to an end; nil if there is none.
    public func lastUnfinishedRun(kind: String) throws(StoreError) -> StoredRun? {
        try read { db in
            let remarks = try remarks(db)
            return try db.row(
                sql: Self.selection
                    + " WHERE kind = ? AND NOT is_finished ORDER BY number DESC LIMIT 1",
                arguments: [kind]
            ) { try storedRun($0, remarks) }
        }
    }

    /// How many training samples each client of a run has, by id.
    public func clients(of name: String) throws(StoreError) -> [Int: Int] {
        try read { db in
            let run = try number(of: name, db)
            let first = try StoreSchema.firstClient(db, path: path)
            let clients: [(id: Int, samples: Int)] = try db.rows(
                sql: "SELECT client, samples FROM clients WHERE run = ?", arguments: [run]
            ) { row in (try row["client"] &- first, try row["samples"]) }
            // A damaged file may have one twice.
            return Dictionary(clients.map { ($0.id, $0.samples) }, uniquingKeysWith: { $1 })
        }
    }

    /// The committed rounds of a run: 1, 2, 3 …
    public func rounds(of name: String) throws(StoreError) -> [CommittedRound] {
        try read { db in
            let run = try number(of: name, db)
            let first = try StoreSchema.firstClient(db, path: path)
            let isMeasured = try StoreSchema.hasUpdateMeasures(db)
            var parts: [Int: [Part]] = [:]
            try db.rows(
                sql: "SELECT * FROM client_rounds WHERE run = ? ORDER BY round, client",
                arguments: [run]
            ) { row in
                parts[try row["round"], default: []].append(
                    try part(row, firstClient: first, isMeasured: isMeasured))
            }
            var rounds = try db.rows(
                sql: "SELECT * FROM rounds WHERE run = ? ORDER BY round", arguments: [run]
            ) { row in try committedRound(row, parts[row["round"]] ?? []) }
            guard rounds.map(\.record.round) == Array(1..<rounds.count + 1) else {
                throw damage(
                    "the rounds of run \(name) are \(rounds.map(\.record.round)), not 1, 2, 3 …")
            }
            // A store of an earlier version that is only read has none.
            let drops =
                try db.hasTable("drops")
                ? db.rows(
                    sql: "SELECT * FROM drops WHERE run = ? ORDER BY round, position",
                    arguments: [run]
                ) { try clientDrop($0) } : []
            for drop in drops {
                guard rounds.indices.contains(drop.round &- 1) else {
                    throw damage(
                        "run \(name) has a drop in round \(drop.round), which it has not")
                }
                rounds[drop.round - 1].observedDrops.append(drop)
            }
            try readClasses(of: name, run, into: &rounds, db)
            guard try StoreSchema.hasNames(db) else { return rounds }
            try db.rows(
                sql: "SELECT round, name, value FROM round_metrics WHERE run = ?",
                arguments: [run]
            ) { row in
                let round: Int = try row["round"]
                guard rounds.indices.contains(round &- 1) else {
                    throw damage("run \(name) measured a round \(round), which it has not")
                }
                rounds[round - 1].metrics[try row["name"]] = try row["value"] as Double
            }
            // Earlier versions called them by words.
            for index in rounds.indices { rounds[index].metrics = rounds[index].metrics.spelled }
            return rounds
        }
    }

    private func readClasses(
        of name: String, _ run: Int, into rounds: inout [CommittedRound], _ db: SQLiteDatabase
    ) throws {
        // A store of an earlier version that is only read has none.
        guard try db.hasTable("class_results"),
            let (round, text): (Int, String) = try db.row(
                sql: "SELECT round, results FROM class_results WHERE run = ?", arguments: [run],
                { (try $0["round"], try $0["results"]) })
        else { return }
        guard rounds.indices.contains(round &- 1),
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
            let last = try lastRound(of: run, db)
            guard let wanted = round ?? last else { return nil }
            let model = try db.row(
                sql: "SELECT sha256, parameters FROM models WHERE run = ? AND round = ?",
                arguments: [run, wanted]
            ) { try vector($0, "the model of round \(wanted) of run \(name)") }
            guard let model else {
                if wanted == last { throw damage("the last model of run \(name) is not in it") }
                let kept = try db.values(
                    Int.self, sql: "SELECT round FROM models WHERE run = ? ORDER BY round",
                    arguments: [run])
                throw StoreError.noModel(run: name, round: wanted, kept: kept)
            }
            return StoredModel(round: wanted, parameters: model)
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
            state.previous = try db.row(
                sql: "SELECT sha256, parameters FROM models WHERE run = ? AND round = ?",
                arguments: [run, model.round - 1]
            ) { try vector($0, "the model of round \(model.round - 1) of run \(name)") }
            try db.rows(
                sql: isNamed
                    ? "SELECT name AS kept, sha256, parameters FROM server_vectors WHERE run = ?"
                    : """
                    SELECT sha256, parameters, \(StoreSchema.legacyName) AS kept
                    FROM optimizer_states JOIN runs ON runs.number = run WHERE run = ?
                    """, arguments: [run]
            ) { row in
                let kept: String = try row["kept"]
                state.vectors[kept] = try vector(row, "the server's \(kept) of run \(name)")
            }
            try db.rows(
                sql: isNamed
                    ? "SELECT * FROM client_vectors WHERE run = ?"
                    : "SELECT *, 'control variate c' AS name FROM client_states WHERE run = ?",
                arguments: [run]
            ) { row in
                let client = try row["client"] &- first
                state.clients[client, default: [:]][try row["name"]] = try vector(
                    row, "client \(client)'s state of run \(name)")
            }
            guard isNamed else { return state }
            try db.rows(
                sql: "SELECT name, value FROM server_numbers WHERE run = ?", arguments: [run]
            ) { row in state.numbers[try row["name"]] = try row["value"] as Double }
            return state
        }
    }

    /// The vector in a row's columns sha256 and parameters.
    func vector(_ row: borrowing SQLiteRow, _ what: String) throws -> ParameterVector {
        let stored = StoredVector(digest: try row["sha256"], bytes: try row["parameters"])
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
        log.say(run.labels)
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
    func number(of name: String, _ db: SQLiteDatabase) throws -> Int {
        let found = try db.value(
            Int.self, sql: "SELECT number FROM runs WHERE name = ?", arguments: [name])
        if let found { return found }
        let names = try db.values(String.self, sql: "SELECT name FROM runs ORDER BY number")
        throw StoreError.unknownRun(name, existing: names)
    }

    /// The last committed round of the run of that key; nil before the first.
    func lastRound(of run: Int, _ db: SQLiteDatabase) throws -> Int? {
        try db.value(
            Int.self, sql: "SELECT max(round) FROM rounds WHERE run = ?", arguments: [run])
    }

    private func damage(_ detail: String) -> StoreError {
        .damaged(path: path, detail: detail)
    }

    private func storedRun(
        _ row: borrowing SQLiteRow, _ remarks: [Int: Remarks]
    ) throws -> StoredRun {
        let name: String = try row["name"]
        let header: String = try row["header"]
        let source: String = try row["source"]
        let layout: String = try row["layout"]
        let isFinished = try row["is_finished"] != 0
        do {
            let log = try RunLog(decoding: Array(header.utf8))
            // Whoever has it may have written how it ended, and not have left it yet.
            let holder = isFinished || !log.outcome.isEmpty ? nil : holder(of: name)
            let remark = remarks[try row["number"]] ?? Remarks()
            let wish = holder == nil ? nil : remark.wish
            return StoredRun(
                name: name, kind: try row["kind"], header: log,
                source: try JSONValue(decoding: Array(source.utf8)),
                layout: try JSONDecoder().decode(ParameterLayout.self, from: Data(layout.utf8)),
                isFinished: isFinished, isRunning: holder != nil, process: holder?.process,
                labels: remark.labels, wish: wish, isPaused: wish == .pause && remark.isObeyed,
                logFile: try row["log_file"],
                roundCount: try row["round_count"], lastAccuracy: try row["last_accuracy"])
        } catch let error as SQLiteError {
            throw error
        } catch is DecodingError {
            throw damage("run \(name) cannot be read: its tensors are “\(layout.prefix(40))”")
        } catch {
            throw damage("run \(name) cannot be read: \(error)")
        }
    }

    private func committedRound(
        _ row: borrowing SQLiteRow, _ parts: [Part]
    ) throws -> CommittedRound {
        var classCounts: [Int: [Int]] = [:]
        for part in parts { classCounts[part.record.client] = part.classCounts }
        let tested: Int = try row["tested"]
        let global =
            try tested == 0
            ? nil : Evaluation(accuracy: row["accuracy"], loss: row["loss"], count: tested)
        return CommittedRound(
            record: RoundRecord(
                round: try row["round"], clients: parts.map(\.record), global: global),
            classCounts: classCounts, seconds: try row["seconds"],
            trainingSeconds: try row["training_seconds"],
            evaluationSeconds: try row["evaluation_seconds"])
    }

    /// A client's part in a round.
    private typealias Part = (record: RoundRecord.Client, classCounts: [Int]?)

    private func part(
        _ row: borrowing SQLiteRow, firstClient: Int, isMeasured: Bool
    ) throws -> Part {
        let round: Int = try row["round"]
        let client = try row["client"] &- firstClient
        var classCounts: [Int]?
        if let text = try row["class_counts"] as String? {
            classCounts = try? JSONDecoder().decode([Int].self, from: Data(text.utf8))
            guard classCounts != nil else {
                throw damage("class counts of client \(client) in round \(round) are “\(text)”")
            }
        }
        let record = RoundRecord.Client(
            client: client, sampleCount: try row["samples"], evaluation: try evaluation(row),
            failure: try failure(row, client, round, firstClient: firstClient),
            // A store of an earlier version that is only read has none.
            updateNorm: try isMeasured ? row["update_norm"] : nil,
            updateCosine: try isMeasured ? row["update_cosine"] : nil)
        return (record, classCounts)
    }

    private func clientDrop(_ row: borrowing SQLiteRow) throws -> ClientDrop {
        let seconds: Double? = try row["at"]
        return ClientDrop(
            at: seconds.map(Date.init(timeIntervalSince1970:)), client: try row["client"],
            round: try row["round"], reason: try row["reason"])
    }

    /// SQLite keeps NaN as null; the number of images tells whether there was an evaluation.
    private func evaluation(_ row: borrowing SQLiteRow) throws -> Evaluation? {
        guard let count = try row["tested"] as Int? else { return nil }
        return Evaluation(
            accuracy: try row["accuracy"] as Double? ?? .nan,
            loss: try row["loss"] as Double? ?? .nan, count: count)
    }

    private func failure(
        _ row: borrowing SQLiteRow, _ client: Int, _ round: Int, firstClient: Int
    ) throws -> ClientFailure? {
        guard let text = try row["failure"] as String? else { return nil }
        guard let kind = ClientFailure.Kind(rawValue: text) else {
            throw damage("the failure of client \(client) in round \(round) is “\(text)”")
        }
        return ClientFailure(
            kind,
            reason: RunLog.renumbered(
                try row["reason"] as String? ?? "", clientsFrom: firstClient))
    }
}
