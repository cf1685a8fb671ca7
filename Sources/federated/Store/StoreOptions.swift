import ArgumentParser
import FederationStore
import Foundation

/// Where runs are kept, for commands that make them.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where runs are kept. (default: federated.sqlite in the log folder)",
            valueName: "file"))
    var store: String?

    @Flag(help: "Keep nothing but log and model: a run that is killed is lost.")
    var noStore = false

    @Flag(help: "Go on with the last unfinished run of the store, with its settings.")
    var resume = false

    func validate() throws {
        if noStore, store != nil {
            throw ValidationError("--store and --no-store contradict each other")
        }
        if noStore, resume {
            throw ValidationError("--resume needs a store: leave --no-store out")
        }
    }

    /// The store's file, in the folder of the logs unless told otherwise.
    func path(logFolder: String) -> String {
        store ?? URL(fileURLWithPath: logFolder).appending(path: "federated.sqlite").relativePath
    }

    /// Opens the store for writing; nil where none is wanted.
    func open(logFolder: String) throws(StoreError) -> RunStore? {
        noStore ? nil : try RunStore(path: path(logFolder: logFolder))
    }
}

/// Which store to read, for commands that look at runs.
struct StoreReading: ParsableArguments {
    @Option(help: ArgumentHelp("The store to read.", valueName: "file"))
    var store = "Logs/federated.sqlite"

    /// Lends the store to `body`.
    func read<Result>(_ body: (RunStore) throws -> Result) throws -> Result {
        let store = try RunStore(path: store, access: .reading)
        defer { store.close() }
        return try body(store)
    }
}
