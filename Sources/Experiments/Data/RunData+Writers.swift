import Datasets
import Federation
import Foundation

extension RunData {
    /// The same data, knowing who wrote each image where a partition goes by that.
    ///
    /// QMNIST's labels are looked for beside the data, and fetched where they are not there: see
    /// `MNISTWriters`.
    /// - Throws: `DatasetError`, a `WritersError` where they are of other images.
    package func knowingWriters(
        for partition: Partition?, progress: (FetchProgress) -> Void = { _ in }
    ) throws(DatasetError) -> RunData {
        guard partition == .writers, !knowsWriters else { return self }
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(
            atPath: source.dataset, isDirectory: &isFolder)
        let writers = MNISTWriters(
            DatasetLocator(dataDirectory: source.dataFolder),
            beside: isThere && isFolder.boolValue ? source.dataset : nil)
        let found = try writers.add(to: dataset, progress: progress)
        var known = self
        known.dataset = found.dataset
        known.notes += found.notes
        known.knowsWriters = true
        return known
    }
}

extension RunSpec {
    /// Whether there are as many clients as the data have owners.
    var takesAllOwners: Bool { clients == 0 && partition?.goesByOwners == true }

    /// Whether a file or the data's owners say which client has which sample, so that settings and
    /// samples alone don't.
    var dividesByData: Bool {
        if case .csv = partition { return true }
        return partition?.goesByOwners == true
    }

    /// This spec, with as many clients as the data have where that was left to them.
    ///
    /// Whether other settings can be with so many, `validated` says.
    /// - Throws: `PartitionError` where the data know no owners.
    package func counted(on dataset: Dataset) throws(PartitionError) -> RunSpec {
        guard takesAllOwners, let partition else { return self }
        guard let owners = dataset.owners else {
            throw PartitionError.noOwners(partition: partition.description)
        }
        var spec = self
        spec.clients = owners.names.count
        return spec
    }
}
