import ArgumentParser

/// Which data a command reads, and where they are.
package struct DataOptions: ParsableArguments {
    @Option(help: .setting("dataset"), completion: .directory)
    package var dataset: String?

    @OptionGroup var folder: DataFolder

    package init() {}

    /// Where MNIST is; nil where it was not said.
    package var dataDir: String? { folder.dataDir }
}

/// Where MNIST is.
package struct DataFolder: ParsableArguments {
    @Option(help: ArgumentHelp("Where MNIST is.", valueName: "folder"), completion: .directory)
    package var dataDir: String?

    package init() {}
}
