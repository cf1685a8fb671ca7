import ArgumentParser
import Foundation
import Parameters
import Platform

/// What a command needs of the system, asked for before anything is loaded.
///
/// Swift's concurrency, SwiftNIO and our own loops trap or wait for ever where they get no thread or
/// file: then not even a signal ends the program.
struct ProcessNeeds: Equatable {
    /// Threads beside the one that there is.
    var threads: Int
    /// Files beside those that are open.
    var files: Int

    /// Those of a command on so many cores.
    init(_ command: any ParsableCommand, cores: Int = availableProcessorCount()) {
        // An event loop of each core, which has three files, and a thread of each for what is
        // asynchronous; signals, names of hosts, sums, texts of models and the disk have one each.
        let network = ProcessNeeds(threads: 2 * cores + 6, files: 16 + 3 * cores)
        // The store and the log's folder.
        let local = ProcessNeeds(threads: 2, files: 12)
        switch command {
        case let command as RunCommand:
            self = command.transport == .memory ? local : network.serving
            threads += command.simulation.common.threads ?? cores
        case let command as ServeCommand:
            self = network.serving
            threads += command.experiment.common.threadCount
        case is JoinCommand, is FlowerNodeCommand:
            self = network
            threads += 1
        case is SweepCommand, is ReproduceCommand, is BenchCommand:
            self = local
            threads += cores
        default:
            self = ProcessNeeds(threads: 1, files: 8)
        }
    }

    /// These, and room for connections.
    private var serving: ProcessNeeds { ProcessNeeds(threads: threads, files: files + 24) }

    init(threads: Int, files: Int) {
        self.threads = threads
        self.files = files
    }

    /// Raises what may be raised, and makes sure that the rest is there.
    /// - Throws: `CommandFailure` with the status for a failure of the system.
    func require() throws {
        ProcessResources.raiseFileLimit(to: 4096)
        do throws(ResourceShortage) {
            try ProcessResources.requireFiles(files)
            try ProcessResources.requireThreads(threads)
        } catch {
            throw CommandFailure(message: "\(error)", status: EX_OSERR)
        }
    }
}
