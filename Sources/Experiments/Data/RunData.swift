import Datasets
import Federation
import Foundation
import Parameters
import Platform

/// The data of a run, by what they are known again, and what there is to say of how they were found.
public struct RunData: Sendable {
    /// The images.
    public internal(set) var dataset: Dataset
    /// How another process finds the same.
    public let source: DataSource
    /// Sentences for whoever looks on; data that stand for others that were asked for say so here.
    public package(set) var notes: [String]
    /// Whether they stand for others that could not be had.
    public let isSubstitute: Bool
    /// How they were read.
    public internal(set) var reading: DataReading
    /// Whether the owners of their samples are who wrote them.
    var knowsWriters = false
    /// How long reading them took; 0 where no run is to count it as its own.
    package var loadSeconds: Double

    /// Data that are in memory already: arrays of one's own.
    ///
    /// A run of them can be resumed by a program that has them, but not by the command `federated`.
    public init(_ dataset: Dataset) {
        self.init(
            LoadedDataset(dataset: dataset, notes: []),
            source: DataSource(dataset: dataset.name, fingerprint: dataset.fingerprint),
            reading: DataReading(), loadSeconds: 0)
    }

    private init(
        _ loaded: LoadedDataset, source: DataSource, reading: DataReading, loadSeconds: Double
    ) {
        dataset = loaded.dataset
        notes = loaded.notes
        isSubstitute = loaded.isSubstitute
        self.source = source
        self.reading = reading
        self.loadSeconds = loadSeconds
    }

    /// The same data, scaled as a run asks for: those of a program's own may not be yet.
    func scaled(_ choice: ScalingChoice) -> RunData {
        guard choice == .standard, reading.scaling != choice else { return self }
        var copy = self
        copy.dataset = dataset.scaled(choice)
        copy.reading.scaling = choice
        return copy
    }

    /// Finds and reads data, and fetches MNIST where it is missing.
    ///
    /// - Parameters:
    ///   - name: `mnist`, `digits`, or the path of a file or folder that `Dataset` reads: arrays, tables,
    ///     LEAF's, IDX, CIFAR's; nil for MNIST where it can be had within seconds, else generated digits,
    ///     which `notes` then says.
    ///   - folder: where MNIST is looked for first.
    ///   - reading: how they are read; `RunSpec.reading` for a run's.
    ///   - threads: how many may generate digits.
    ///   - progress: told how far a fetch is.
    /// - Throws: `DatasetError`.
    public static func load(
        _ name: String? = nil, folder: String? = nil, reading: DataReading = DataReading(),
        threads: Int = availableProcessorCount(), progress: (FetchProgress) -> Void = { _ in }
    ) throws(DatasetError) -> RunData {
        let start = MonotonicClock.seconds()
        // Generated digits are one data set: another seed for a run does not change its data.
        let locator = DatasetLocator(dataDirectory: folder, threads: threads)
        let found = try locator.load(
            DatasetChoice(argument: name), options: reading.options, progress: progress)
        let loaded = LoadedDataset(
            dataset: found.dataset.scaled(reading.scaling), notes: found.notes,
            isSubstitute: found.isSubstitute)
        let source = DataSource(loaded.dataset, named: name, folder: folder)
        return RunData(
            loaded, source: source, reading: reading,
            loadSeconds: MonotonicClock.seconds() - start)
    }

    /// Finds the very data that a run had which is to be gone on with.
    /// - Parameter folder: where MNIST is looked for first; nil for where it was.
    /// - Throws: `DatasetError`; `ResumeError.otherData` where they are others now.
    public static func load(
        of run: ResumedRun, folder: String? = nil, threads: Int = availableProcessorCount(),
        progress: (FetchProgress) -> Void = { _ in }
    ) throws -> RunData {
        var folder = folder
        // Of generated digits and of a folder's images, the folder where MNIST was says nothing.
        if folder == nil, DatasetChoice(argument: run.source.dataset) == .mnist {
            folder = run.source.dataFolder
        }
        let found = try load(
            run.source.dataset, folder: folder, reading: run.spec.reading, threads: threads,
            progress: progress)
        try run.check(found.dataset)
        return RunData(
            LoadedDataset(
                dataset: found.dataset, notes: found.notes, isSubstitute: found.isSubstitute),
            source: run.source, reading: found.reading, loadSeconds: found.loadSeconds)
    }
}
