extension RunStore {
    /// Removes a run with its rounds, clients and models; its log stays where it was written.
    ///
    /// The file does not shrink: later runs use the room.
    /// - Throws: `StoreError.runInUse` while a process is at it.
    package func remove(_ run: String) throws(StoreError) {
        // Unknown runs are named before a lock is made for them.
        let name = try self.run(run).name
        try hold(name)
        defer { release(name) }
        try write { db in
            try db.execute(sql: "DELETE FROM runs WHERE name = ?", arguments: [name])
        }
    }
}
