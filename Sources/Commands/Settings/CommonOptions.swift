import ArgumentParser
import Experiments
import Parameters

/// Data, threads and logs: what a run reads and writes, and what changes nothing of it.
package struct CommonOptions: ParsableArguments {
    @OptionGroup(title: Topic.dataAndModel.title) package var data: DataOptions

    @Option(help: ArgumentHelp("Where logs go.", valueName: "folder"), completion: .directory)
    package var logDir = Self.usualLogFolder

    @Option(help: "Threads; results do not depend on them. (default: one for each core)")
    package var threads: Int?

    package init() {}

    /// Where logs go unless told otherwise.
    package static let usualLogFolder = "Logs"

    package func validate() throws { try requireThreads(threads) }

    /// The name of the data; nil where none was typed.
    package var dataset: String? { data.dataset }
    /// Where MNIST is; nil where it was not said.
    package var dataDir: String? { data.dataDir }
    /// Threads to use.
    package var threadCount: Int { threads ?? availableProcessorCount() }
}
