import Parameters
import Platform

/// What a command needs of the system, asked for before anything is loaded.
///
/// Swift's concurrency, SwiftNIO and our own loops trap or wait for ever where they get no thread or
/// file: then not even a signal ends the program.
package struct ProcessNeeds: Equatable {
    /// Threads beside the one that there is.
    package var threads: Int
    /// Files beside those that are open.
    package var files: Int

    package init(threads: Int, files: Int) {
        self.threads = threads
        self.files = files
    }

    /// Of a command that reads and prints.
    package static let few = ProcessNeeds(threads: 1, files: 8)

    /// Of one that trains on so many threads, with the store and the log's folder.
    package static func training(_ threads: Int = availableProcessorCount()) -> ProcessNeeds {
        ProcessNeeds(threads: 2 + threads, files: 12)
    }

    /// Of one that talks to others, and trains on so many threads.
    ///
    /// An event loop of each core, which has three files, and a thread of each for what is asynchronous;
    /// signals, names of hosts, sums, texts of models and the disk have one each.
    package static func network(
        training threads: Int, cores: Int = availableProcessorCount()
    ) -> ProcessNeeds {
        ProcessNeeds(threads: 2 * cores + 6 + threads, files: 16 + 3 * cores)
    }

    /// These, and room for connections.
    package var serving: ProcessNeeds { ProcessNeeds(threads: threads, files: files + 24) }

    /// Raises what may be raised, and makes sure that the rest is there.
    package func require() throws(ResourceShortage) {
        ProcessResources.raiseFileLimit(to: 4096)
        try ProcessResources.requireFiles(files)
        try ProcessResources.requireThreads(threads)
    }
}
