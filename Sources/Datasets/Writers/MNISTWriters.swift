import Foundation

/// Finds, or fetches, who wrote each digit of MNIST: QMNIST's extended labels.
///
/// `qmnist-train-labels-idx2-int` and `qmnist-test-labels-idx2-int`, plain or with `.gz`, are
/// looked for in the folder given by `--data-dir`, in the data's own folder and in
/// `$FEDERATED_DATA_DIR`, each time also in `qmnist` under it and beside it, then in the cache
/// (`$XDG_CACHE_HOME/federated/qmnist`, else `~/.cache/federated/qmnist`), and else fetched into
/// the cache.
/// Source: Yadav and Bottou, "Cold case: the lost MNIST digits", 2019.
public struct MNISTWriters: Sendable {
    /// Public folders on the web that hold both files with `.gz`, in the order they are asked.
    public static let mirrors: [URL] = [
        "https://raw.githubusercontent.com/facebookresearch/qmnist/master/"
    ].compactMap { URL(string: $0) }

    /// How the files begin.
    static let magic: UInt32 = 0x0000_0c02

    /// One of the two files.
    package enum File: String, CaseIterable, Sendable {
        case train = "qmnist-train-labels-idx2-int"
        case test = "qmnist-test-labels-idx2-int"

        /// SHA-256 of QMNIST's own, decompressed.
        package var checksum: String {
            switch self {
            case .train: "bb1b6e1ec7b04fd5696f1ed50b5f58f8ef195118edd5c93c81783df9740b8ac5"
            case .test: "92d0ccb8c25f9c6534270fb4be7e1d24a1c6d315edfc8a638bfbd31c70f362dd"
            }
        }
    }

    /// Folders that are looked into, in order.
    package let folders: [String]
    /// Where fetched files are kept; nil for nowhere.
    package let cache: String?
    private let mirrors: [URL]
    /// SHA-256 of other contents than QMNIST's, for tests.
    package var checksums: [File: String] = [:]
    /// Seconds that fetching may take.
    package var timeoutSeconds: Double

    /// Looks where `locator` looks for MNIST.
    /// - Parameters:
    ///   - folder: where the images are, if they are in a folder.
    ///   - mirrors: folders on the web, in the order they are asked.
    public init(
        _ locator: DatasetLocator, beside folder: String? = nil,
        mirrors: [URL] = MNISTWriters.mirrors
    ) {
        let given = locator.environment["FEDERATED_DATA_DIR"].flatMap { $0.isEmpty ? nil : $0 }
        folders = [locator.dataDirectory, folder, given].compactMap(\.self).flatMap { folder in
            let url = URL(fileURLWithPath: folder).standardizedFileURL
            return [
                folder, join(folder, "qmnist"),
                join(url.deletingLastPathComponent().path, "qmnist"),
            ]
        }
        cache = locator.cacheDirectory.map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent("qmnist")
                .path
        }
        self.mirrors = mirrors
        timeoutSeconds = locator.timeoutSeconds
    }

    /// The same data, knowing who wrote each image.
    ///
    /// Writers of training images are the owners of training samples, those of test images of test
    /// samples; in MNIST they are others. They are called by their numbers.
    /// - Throws: `DatasetError`, a `WritersError` where the files are of other images.
    public func add(
        to dataset: Dataset, progress: (FetchProgress) -> Void = { _ in }
    ) throws(DatasetError) -> LoadedDataset {
        let found = try find()
        let paths = if let found { found } else { try fetch(progress) }
        var notes: [String] = []
        var read: [ExtendedLabels] = []
        for (file, path) in zip(File.allCases, paths) {
            let stored = try readFile(path, limit: ExtendedLabels.sizeLimit)
            let labels = try ExtendedLabels(stored, file: path)
            try labels.check(file == .train ? dataset.train : dataset.test)
            read.append(labels)
            if try !isRight(stored, file) {
                notes.append("\(path) is not QMNIST's file, by its SHA-256: its labels are right")
            }
        }
        let (owners, train) = Self.numbered(read[0].writers.prefix(dataset.train.count))
        let (testOwners, test) = Self.numbered(read[1].writers.prefix(dataset.test.count))
        var known = dataset
        known.owners = SampleOwners(
            owners: owners, train: train, testOwners: testOwners, test: test)
        return LoadedDataset(dataset: known, notes: notes)
    }

    /// The different numbers as names, and for each place which of them.
    private static func numbered(_ writers: ArraySlice<Int32>) -> ([String], [Int32]) {
        var places: [Int32: Int32] = [:]
        var names: [String] = []
        let owners = writers.map { writer in
            if let place = places[writer] { return place }
            let place = Int32(names.count)
            places[writer] = place
            names.append("\(writer)")
            return place
        }
        return (names, owners)
    }

    // MARK: Files

    private func checksum(_ file: File) -> String { checksums[file] ?? file.checksum }

    /// Whether bytes, plain or gzip, are QMNIST's.
    private func isRight(_ stored: [UInt8], _ file: File) throws(DatasetError) -> Bool {
        let bytes =
            Gzip.isGzip(stored)
            ? try Gzip.inflate(stored, limit: ExtendedLabels.sizeLimit, file: file.rawValue)
            : stored
        return sha256(bytes) == checksum(file)
    }

    /// Both files from the first folder that has them, the cache last; nil where none does.
    private func find() throws(DatasetError) -> [String]? {
        for folder in folders {
            let paths = File.allCases.map { Self.path($0, in: folder) }
            if let whole = Self.whole(paths) { return whole }
            if let place = paths.firstIndex(of: nil), paths.contains(where: { $0 != nil }) {
                throw .writers(
                    .missingFile(directory: folder, name: File.allCases[place].rawValue))
            }
        }
        // A cache with part of the files is one whose fetching was cut off.
        guard let cache else { return nil }
        return Self.whole(File.allCases.map { Self.path($0, in: cache) })
    }

    private static func whole(_ paths: [String?]) -> [String]? {
        let found = paths.compactMap(\.self)
        return found.count == paths.count ? found : nil
    }

    private static func path(_ file: File, in folder: String) -> String? {
        ["", ".gz"].map { join(folder, file.rawValue + $0) }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Brings both files into the cache.
    private func fetch(_ progress: (FetchProgress) -> Void) throws(DatasetError) -> [String] {
        guard let cache else { throw .noCacheDirectory }
        let fetcher = FileFetcher(mirrors: mirrors, cache: cache)
        let deadline = ContinuousClock.now + .seconds(timeoutSeconds)
        var paths: [String] = []
        for file in File.allCases {
            if let path = Self.path(file, in: cache),
                try isRight(readFile(path, limit: ExtendedLabels.sizeLimit), file)
            {
                paths.append(path)
                continue
            }
            let wanted = FetchedFile(
                name: file.rawValue, checksum: checksum(file), sizeLimit: ExtendedLabels.sizeLimit)
            let bytes = try fetcher.fetch(
                wanted, deadline: deadline, stallSeconds: min(30, timeoutSeconds), progress)
            try fetcher.store(bytes, as: file.rawValue)
            paths.append(join(cache, file.rawValue))
        }
        return paths
    }
}
