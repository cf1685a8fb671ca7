import FederationStore

/// Gives runs of a store up: removes them and all that is kept of them but their logs.
struct RunRemoval {
    /// As they were typed: names, or beginnings of these.
    var runs: [String]
    /// The store's file.
    var store: String

    /// Removes all of them, or none if one is not there or is going on.
    func perform(_ console: Console) throws {
        let store = try RunStore(path: store)
        defer { store.close() }
        var names: [String] = []
        for run in runs {
            let name = try store.name(beginning: run)
            if let holder = store.holder(of: name) {
                throw StoreError.runInUse(name, process: holder.process)
            }
            if !names.contains(name) { names.append(name) }
        }
        for name in names {
            let log = try store.run(name).logFile
            try store.remove(name)
            console.line("run \(name) is removed" + (log.map { "; its log stays: \($0)" } ?? ""))
        }
    }
}
