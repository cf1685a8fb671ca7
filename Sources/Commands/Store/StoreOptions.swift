import ArgumentParser
import Experiments
import Federation
import FederationStore
import Foundation
import Terminal

/// Where runs are kept, for commands that make them.
package struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where runs are kept. (default: federated.sqlite in the log folder)",
            valueName: "file"))
    package var store: String?

    package init() {}

    @Flag(help: "Keep nothing but log and model: a run that is killed is lost.")
    package var noStore = false

    @Option(
        defaultAsFlag: .last, parsing: .next,
        help: ArgumentHelp(
            "Go on with an unfinished run of the store, with its settings: the last one, or that of a name or its beginning. With more --rounds than it was meant for, one that is over goes on, too.",
            valueName: "run"))
    package var resume: ResumeChoice?

    @OptionGroup var labels: LabelOptions

    package func validate() throws {
        if noStore, labels.isSaid {
            throw ValidationError(
                "--name, --tag and --note are kept in the store: leave --no-store out")
        }
        if noStore, store != nil {
            throw ValidationError("--store and --no-store contradict each other")
        }
        if noStore, resume != nil {
            throw ValidationError("--resume needs a store: leave --no-store out")
        }
    }

    /// The store's file, in the folder of the logs unless told otherwise.
    package func path(logFolder: String) -> String {
        store ?? URL(fileURLWithPath: logFolder).appending(path: "federated.sqlite").relativePath
    }

    /// Opens the store for writing; nil where none is wanted.
    package func open(logFolder: String) throws(StoreError) -> RunStore? {
        noStore ? nil : try RunStore(path: path(logFolder: logFolder))
    }

    /// What a run is made of that begins, or goes on if that was asked for.
    ///
    /// Where there is none to go on with, settings that were typed begin it, as for a job that is started
    /// again with the same command until it is done.
    /// - Parameters:
    ///   - typed: what was typed of the run's settings, or stands in a file.
    ///   - given: the settings that this makes, with the name of the data.
    /// - Throws: `CommandFailure` where there is nothing to resume and nothing to begin.
    package func beginning(
        kind: String, _ common: CommonOptions, typed: GivenSettings,
        given: (String) throws -> RunSpec, console: Console
    ) throws -> RunBeginning {
        let logs = LogDirectory(URL(fileURLWithPath: common.logDir))
        try logs.checkWritable()
        let path = path(logFolder: common.logDir)
        var found: (store: RunStore?, run: ResumedRun?)
        if let resume, !noStore {
            let rounds: Int? = if case .integer(let count)? = typed["rounds"] { count } else { nil }
            found = try ResumedRun.find(resume, kind: kind, store: path, rounds: rounds)
            if found.run == nil {
                guard !typed.values.isEmpty || common.dataDir != nil else {
                    let last = try found.store?.runs().last { $0.kind == kind }
                    let failed = last.flatMap { $0.state.hasFailed ? $0 : nil }
                    throw CommandFailure(
                        message: failed.map {
                            "there is nothing unfinished in \(path), and the last run \($0.state.rawValue): "
                                + "--resume \($0.name) tries its round again"
                        } ?? "there is nothing to resume in \(path): federated \(kind) without "
                            + "--resume, or with the settings of a run, begins one")
                }
                console.say("nothing to resume in \(path): starting afresh")
            }
        }
        try found.run?.checkOptions(typed: typed, given: given(""))
        let loaded = try RunData.load(
            common, named: typed["dataset"]?.typed, reading: given("").reading,
            resuming: found.run, on: console)
        let spec = try found.run?.spec ?? given(loaded.dataset.name)
        let data = try loaded.knowingWriters(for: spec.partition)
        // Without a run to resume, data that is not there leaves no store behind.
        let store = try found.store ?? open(logFolder: common.logDir)
        return RunBeginning(
            spec: try spec.counted(on: data.dataset), data: data, store: store,
            logs: logs, resumed: found.run,
            labels: try asValidationError {
                try labels.isSaid ? labels.added(to: found.run?.run.labels ?? RunLabels.none) : nil
            })
    }

    /// How to go on with a run.
    package func advice(
        _ kind: String, run: String, logFolder: String, tracker: TrackerChoice? = nil
    ) -> String {
        ResumeAdvice(
            command: kind, run: run, store: store,
            logFolder: logFolder == CommonOptions.usualLogFolder ? nil : logFolder,
            tracker: tracker
        ).text
    }
}

/// What a run begins or goes on with.
package struct RunBeginning {
    package let spec: RunSpec
    package let data: RunData
    /// Where its rounds are kept; nil for nowhere.
    package let store: RunStore?
    package let logs: LogDirectory
    /// The run that it goes on with; nil for one that begins.
    package let resumed: ResumedRun?
    /// What was typed of how it is called, with what the store has; nil where nothing was.
    package let labels: RunLabels?

    /// What there is to say of data and model.
    package func notes(of run: ExperimentRun) -> [String] {
        data.notes + run.notes + [resumed?.note(on: run.inputs)].compactMap(\.self)
    }
}

/// Which store to read, for commands that look at runs.
package struct StoreReading: ParsableArguments {
    package init() {}

    @Option(help: ArgumentHelp("The store to read.", valueName: "file"))
    package var store = "Logs/federated.sqlite"

    /// Lends the store to `body`.
    package func read<Result>(_ body: (RunStore) throws -> Result) throws -> Result {
        let store = try RunStore(path: store, access: .reading)
        defer { store.close() }
        return try body(store)
    }
}
