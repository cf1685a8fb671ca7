import Datasets
import Experiments
import Parameters
import Terminal

extension RunData {
    /// Finds data as `load` does and shows how far a fetch is.
    ///
    /// That data stand for others is said on standard error, even where nothing else is printed.
    package static func load(
        _ name: String?, folder: String?, reading: DataReading = DataReading(),
        threads: Int = availableProcessorCount(), on console: Console
    ) throws -> RunData {
        try shown(console) { progress in
            try load(
                name, folder: folder, reading: reading, threads: threads, progress: progress)
        }
    }

    /// Finds the data that options ask for, or those of the run to go on with.
    /// - Parameters:
    ///   - name: what data, where no run says it; nil for what there is.
    ///   - reading: how they are read, where no run says it.
    package static func load(
        _ options: CommonOptions, named name: String?, reading: DataReading,
        resuming run: ResumedRun?, on console: Console
    ) throws -> RunData {
        guard let run else {
            return try load(
                name, folder: options.dataDir, reading: reading, threads: options.threadCount,
                on: console)
        }
        return try shown(console) { progress in
            try load(
                of: run, folder: options.dataDir, threads: options.threadCount, progress: progress)
        }
    }

    /// Shows how far a fetch is while data are loaded, and says on standard error that data stand for others.
    static func shown(
        _ console: Console, _ load: ((FetchProgress) -> Void) throws -> RunData
    ) throws -> RunData {
        let bar = FetchDisplay(console)
        defer { bar.end() }
        var data = try load { bar.show($0) }
        bar.end()
        if data.isSubstitute {
            for note in data.notes { Console.warn(note) }
            data.notes = []
        }
        return data
    }
}
