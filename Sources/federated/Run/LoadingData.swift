import Datasets

/// Finds the data that the options ask for, saying what happens meanwhile.
func loadDataset(
    _ options: CommonOptions, console: Console
) throws -> LoadedDataset {
    try loadDataset(
        options.dataset, folder: options.dataDir, threads: options.threadCount, console: console)
}

/// Finds the data of a name, looking into a folder first.
func loadDataset(
    _ name: String?, folder: String?, threads: Int, console: Console
) throws -> LoadedDataset {
    // Generated digits are one data set: another seed for a run does not change its data.
    let locator = DatasetLocator(dataDirectory: folder, threads: threads)
    let choice = DatasetChoice(argument: name)
    let bar = FetchDisplay(console)
    defer { bar.end() }
    return announced(try locator.load(choice) { bar.show($0) })
}

/// Loads the very data that a run had which is to be resumed.
func loadDataset(
    of resumed: ResumedRun, options: CommonOptions, console: Console
) throws -> LoadedDataset {
    var folder = options.dataDir
    // Of generated digits and of a folder's images, the folder where MNIST was says nothing.
    if folder == nil, DatasetChoice(argument: resumed.source.dataset) == .mnist {
        folder = resumed.source.dataFolder
    }
    let loaded = try loadDataset(
        resumed.source.dataset, folder: folder, threads: options.threadCount, console: console)
    try resumed.source.check(loaded.dataset, run: resumed.run.name)
    return loaded
}

/// Says on standard error, even where nothing else is printed, that data stand for others.
func announced(_ loaded: LoadedDataset) -> LoadedDataset {
    guard loaded.isSubstitute else { return loaded }
    for note in loaded.notes { Console.warn(note) }
    return LoadedDataset(dataset: loaded.dataset, notes: [], isSubstitute: true)
}
