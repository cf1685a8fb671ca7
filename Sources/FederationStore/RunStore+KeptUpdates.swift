import Federation

/// Updates of a round that is not committed yet. Their clients were told that they count, and have no
/// way to learn that a server has died since.
extension RunStore {
    /// Makes an update last until its round is committed; another of the same client goes.
    public func keep(_ update: ModelUpdate, in run: String) throws(StoreError) {
        let vector = StoredVector(update.parameters)
        try write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO kept_updates VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    number(of: run, db), update.round, update.client, update.sampleCount,
                    vector.digest, vector.bytes,
                ])
        }
    }

    /// The updates that are kept for the round after the last committed one, by ascending client.
    public func keptUpdates(of run: String) throws(StoreError) -> [ModelUpdate] {
        try read { db in
            let run = try number(of: run, db)
            let next = (try lastRound(of: run, db) ?? 0) &+ 1
            return try db.rows(
                sql: "SELECT * FROM kept_updates WHERE run = ? AND round = ? ORDER BY client",
                arguments: [run, next]
            ) { row in
                let client: Int = try row["client"]
                return ModelUpdate(
                    client: client, round: try row["round"], sampleCount: try row["samples"],
                    parameters: try vector(
                        row, "the update of client \(client) in round \(next)"))
            }
        }
    }
}
