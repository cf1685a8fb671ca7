import FederationStore

extension RunStore {
    /// Gives runs up: removes them and all that is kept of them but their logs; all of them, or none if
    /// one is not there or is going on.
    /// - Parameter typed: names, or beginnings of these.
    /// - Returns: the names, and where the logs are that stay.
    /// - Throws: `StoreError`.
    public func giveUp(
        _ typed: [String]
    ) throws(StoreError) -> [(name: String, logFile: String?)] {
        var names: [String] = []
        for run in typed {
            let name = try name(beginning: run)
            if let holder = holder(of: name) {
                throw StoreError.runInUse(name, process: holder.process)
            }
            if !names.contains(name) { names.append(name) }
        }
        var removed: [(name: String, logFile: String?)] = []
        for name in names {
            removed.append((name, try run(name).logFile))
            try remove(name)
        }
        return removed
    }
}
