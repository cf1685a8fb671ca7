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

    @Option(
        defaultAsFlag: .last, parsing: .next,
        help: ArgumentHelp(
            "Go on with an unfinished run of the store, with its settings: the last one, or that of a name or its beginning.",
            valueName: "run"))
    var resume: ResumeChoice?

    func validate() throws {
        if noStore, store != nil {
            throw ValidationError("--store and --no-store contradict each other")
        }
        if noStore, resume != nil {
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

    /// Opens the store that has the run to go on with, if that was asked for.
    ///
    /// Where there is none, settings that were typed begin it, as for a job that is started again with
    /// the same command until it is done.
    /// - Returns: no store where nothing was asked for or there is none yet, and no run where a new one
    ///   is to begin.
    /// - Throws: `CommandFailure` where there is nothing to resume and nothing to begin.
    func resumption(
        kind: String, logFolder: String, console: Console
    ) throws -> (store: RunStore?, run: ResumedRun?) {
        guard let resume, !noStore else { return (nil, nil) }
        let path = path(logFolder: logFolder)
        let isThere = access(path, F_OK) == 0 || errno != ENOENT
        if case .named(let name) = resume {
            guard isThere else { throw StoreError.missing(path: path) }
            let store = try RunStore(path: path)
            return (store, try ResumedRun(try store.resume(name, kind: kind), in: store))
        }
        // A store is made when there is something to keep in it.
        let store = isThere ? try RunStore(path: path) : nil
        if let store, let run = try ResumedRun(last: kind, in: store) { return (store, run) }
        guard TypedOptions().describeRun else {
            throw CommandFailure(
                message:
                    "there is nothing to resume in \(path): federated \(kind) without --resume, or "
                    + "with the settings of a run, begins one")
        }
        console.say("nothing to resume in \(path): starting afresh")
        return (store, nil)
    }

    /// How to go on with a run.
    func advice(_ kind: String, run: String, logFolder: String) -> String {
        ResumeAdvice(
            command: kind, run: run, store: store,
            logFolder: logFolder == CommonOptions.usualLogFolder ? nil : logFolder
        ).text
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
