import Federation
import Foundation
import JSON

/// What a list shows of a run: read for thousands of them in the time in which a page opens.
package struct ListedRun: Sendable {
    /// The key that says in which order runs began.
    package var number: Int
    package var name: String
    package var kind: String
    /// Its log's members, without rounds and weights, unread.
    package var header: [String: JSONValue]
    package var state: StoredRun.State
    package var stateText: String
    package var labels: RunLabels
    package var wish: RunWish?
    /// How many rounds are committed.
    package var rounds: Int
    package var lastAccuracy: Double?
    package var bestAccuracy: Double?
    package var lastLoss: Double?
    /// All rounds together.
    package var seconds: Double
    /// Accuracies of at most so many rounds as were asked for, nil where one was not tested.
    package var spark: [Double?]
}

/// What changes of a run when anything that a list shows of it does.
package struct RunMark: Hashable, Sendable {
    var name: String
    var isFinished: Bool
    var headerLength: Int
    var rounds: Int
    var labels: RunLabels
    var wish: RunWish?
    var isPaused: Bool
    var holder: LockFile.Holder?
}

extension RunStore {
    /// The runs as lists show them, in the order in which they began.
    /// - Parameters:
    ///   - numbers: the keys of those that are wanted; nil for all.
    ///   - points: how many accuracies of each are wanted at most.
    package func listing(
        _ numbers: Set<Int>? = nil, points: Int = 0
    ) throws(StoreError) -> [ListedRun] {
        try read { db in
            let remarks = try remarks(db)
            let only = numbers.map { "IN (\($0.map(String.init).joined(separator: ",")))" }
            let facts = try facts(only, db)
            let sparks = points > 0 ? try sparks(only, points: points, facts, db) : [:]
            return try db.rows(
                sql: """
                    SELECT number, name, kind, is_finished, header FROM runs
                    \(only.map { "WHERE number \($0)" } ?? "") ORDER BY number
                    """
            ) { row in
                let number: Int = try row[0]
                let name: String = try row[1]
                let header: String = try row[4]
                guard case .object(let members)? = try? JSONValue(decoding: Array(header.utf8))
                else {
                    throw StoreError.damaged(
                        path: path, detail: "the header of run \(name) is “\(header.prefix(40))”")
                }
                let isFinished = try row[3] != 0
                let outcome = if case .string(let text)? = members["outcome"] { text } else { "" }
                let planned =
                    if case .integer(let count)? = members["max round"] { count } else { 0 }
                let remark = remarks[number] ?? Remarks()
                let holder = isFinished || !outcome.isEmpty ? nil : holder(of: name)
                let wish = holder == nil ? nil : remark.wish
                let state: StoredRun.State =
                    holder == nil
                    ? .init(outcome: outcome, isFinished: isFinished)
                    : wish == .pause && remark.isObeyed ? .paused : .running
                let found = facts[number] ?? Facts()
                return ListedRun(
                    number: number, name: name, kind: try row[2], header: members, state: state,
                    stateText: state.words(
                        outcome: outcome, rounds: found.rounds, of: planned,
                        process: holder?.process, wish: wish),
                    labels: remark.labels, wish: wish, rounds: found.rounds,
                    lastAccuracy: found.last, bestAccuracy: found.best, lastLoss: found.loss,
                    seconds: found.seconds, spark: sparks[number] ?? [])
            }
        }
    }

    /// Each run's mark, by its key: a run whose mark is another has changed.
    package func marks() throws(StoreError) -> [Int: RunMark] {
        try read { db in
            let remarks = try remarks(db)
            let rows: [(Int, RunMark)] = try db.rows(
                sql: """
                    SELECT number, name, is_finished, length(header),
                        coalesce((SELECT max(round) FROM rounds WHERE run = number), 0)
                    FROM runs
                    """
            ) { row in
                let number: Int = try row[0]
                let name: String = try row[1]
                let isFinished = try row[2] != 0
                let remark = remarks[number] ?? Remarks()
                return (
                    number,
                    RunMark(
                        name: name, isFinished: isFinished, headerLength: try row[3],
                        rounds: try row[4], labels: remark.labels, wish: remark.wish,
                        isPaused: remark.isObeyed, holder: isFinished ? nil : holder(of: name))
                )
            }
            return Dictionary(rows) { $1 }
        }
    }

    private struct Facts {
        var rounds = 0
        var seconds = 0.0
        var best: Double?
        var last: Double?
        var loss: Double?
    }

    private func facts(_ only: String?, _ db: SQLiteDatabase) throws -> [Int: Facts] {
        let rows: [(Int, Facts)] = try db.rows(
            sql: """
                SELECT run, count(*), sum(seconds), max(CASE WHEN tested > 0 THEN accuracy END)
                FROM rounds \(only.map { "WHERE run \($0)" } ?? "") GROUP BY run
                """
        ) { row in
            (try row[0], Facts(rounds: try row[1], seconds: try row[2] ?? 0, best: try row[3]))
        }
        var facts = Dictionary(rows) { $1 }
        // Beside max(round), SQLite gives the columns of the row that has it.
        try db.rows(
            sql: """
                SELECT run, max(round), accuracy, loss FROM rounds
                WHERE tested > 0 \(only.map { "AND run \($0)" } ?? "") GROUP BY run
                """
        ) { row in
            let run: Int = try row[0]
            facts[run]?.last = try row[2]
            facts[run]?.loss = try row[3]
        }
        return facts
    }

    private func sparks(
        _ only: String?, points: Int, _ facts: [Int: Facts], _ db: SQLiteDatabase
    ) throws -> [Int: [Double?]] {
        var sparks: [Int: [Double?]] = [:]
        var (current, step, last) = (-1, 1, 0)
        var spark: [Double?] = []
        try db.rows(
            sql: """
                SELECT run, round, CASE WHEN tested > 0 THEN accuracy END FROM rounds
                \(only.map { "WHERE run \($0)" } ?? "") ORDER BY run, round
                """
        ) { row in
            let run: Int = try row[0]
            if run != current {
                if current >= 0 { sparks[current] = spark }
                spark = []
                current = run
                last = facts[run]?.rounds ?? 0
                step = max(1, (last + points - 1) / points)
            }
            let round: Int = try row[1]
            // The last one is always there.
            if (last - round) % step == 0 { spark.append(try row[2]) }
        }
        if current >= 0 { sparks[current] = spark }
        return sparks
    }
}
