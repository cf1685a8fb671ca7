import Foundation

/// Finds, fetches, checks and reads datasets.
///
/// MNIST is looked for in `dataDirectory`, in `$FEDERATED_DATA_DIR` (each, then `mnist` under it)
/// and in the cache (`$XDG_CACHE_HOME/federated/mnist`, else `~/.cache/federated/mnist`), and else
/// fetched into the cache.
public struct DatasetLocator: Sendable {
    /// The folder given by `--data-dir`.
    public var dataDirectory: String?
    /// `FEDERATED_DATA_DIR`, `XDG_CACHE_HOME` and `HOME` count.
    public var environment: [String: String]
    /// Names the random streams of generated digits.
    public var seed: UInt64
    /// Threads to generate digits on.
    public var threads: Int
    /// Folders on the web that hold MNIST's four files with `.gz`, in the order they are asked.
    public var mirrors: [URL]
    /// Seconds until a network that does not answer is given up.
    public var quickTimeoutSeconds: Double = 5
    /// Seconds that fetching may take when nobody asked for MNIST by name.
    public var automaticTimeoutSeconds: Double = 30
    /// Seconds that fetching may take when it was asked for.
    public var timeoutSeconds: Double = 1800
    /// SHA-256 of other contents than MNIST's, for tests.
    package var checksums: [IDXRole: String] = [:]

    /// A locator with the system's environment and the public mirrors, unless told otherwise.
    public init(
        dataDirectory: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment, seed: UInt64 = 1,
        threads: Int = 1, mirrors: [URL] = MNIST.mirrors
    ) {
        self.dataDirectory = dataDirectory
        self.environment = environment
        self.seed = seed
        self.threads = threads
        self.mirrors = mirrors
    }

    /// Loads what `choice` asks for; `progress` is called on this thread while files come in.
    public func load(
        _ choice: DatasetChoice, progress: (FetchProgress) -> Void = { _ in }
    ) throws(DatasetError) -> LoadedDataset {
        switch choice {
        case .digits:
            try checkDataDirectory()
            return LoadedDataset(dataset: digits(), notes: [])
        case .path(let path):
            try checkDataDirectory()
            if !path.contains("/"), !FileManager.default.fileExists(atPath: path) {
                throw .unknownDataset(path)
            }
            return LoadedDataset(dataset: try Dataset(folder: path), notes: [])
        case .mnist:
            var notes: [String] = []
            let found = try findMNIST(notes: &notes)
            if let found { return LoadedDataset(dataset: found, notes: notes) }
            return LoadedDataset(
                dataset: try fetchMNIST(timeoutSeconds: timeoutSeconds, progress), notes: notes)
        case .automatic:
            return try loadAutomatically(progress)
        }
    }

    /// Fetches into the cache what it lacks of MNIST, for `federated data`.
    public func fetch(progress: (FetchProgress) -> Void = { _ in }) throws(DatasetError) {
        _ = try fetchMNIST(timeoutSeconds: timeoutSeconds, progress)
    }

    /// Where fetched files are kept; nil where the environment names no place.
    public var cacheDirectory: String? {
        // Relative paths are to be ignored, says the XDG base directory specification.
        if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
            return join(cache, "federated/mnist")
        }
        guard let home = environment["HOME"], !home.isEmpty else { return nil }
        return join(home, ".cache/federated/mnist")
    }

    // MARK: -

    private func digits() -> Dataset { GeneratedDigits.dataset(seed: seed, threads: threads) }

    /// Whoever names a folder means it, even where it is not looked into.
    private func checkDataDirectory() throws(DatasetError) {
        guard let dataDirectory, !FileManager.default.fileExists(atPath: dataDirectory) else {
            return
        }
        throw .missingDirectory(path: dataDirectory)
    }

    private func loadAutomatically(
        _ progress: (FetchProgress) -> Void
    ) throws(DatasetError) -> LoadedDataset {
        var notes: [String] = []
        if let found = try findMNIST(notes: &notes) {
            return LoadedDataset(dataset: found, notes: notes)
        }
        do throws(DatasetError) {
            let fetched = try fetchMNIST(timeoutSeconds: automaticTimeoutSeconds, progress)
            return LoadedDataset(dataset: fetched, notes: notes)
        } catch {
            notes.append("MNIST is not at hand: \(error)")
            notes.append(
                "using generated digits instead; for MNIST, run `federated data` where there is a "
                    + "network, or give the folder of its files with --data-dir")
            return LoadedDataset(dataset: digits(), notes: notes, isSubstitute: true)
        }
    }

    /// MNIST from the first place that has it, without the network.
    ///
    /// A folder that a user has named was meant to be used, whatever was asked for; the cache can be
    /// fetched anew.
    private func findMNIST(notes: inout [String]) throws(DatasetError) -> Dataset? {
        for place in places {
            do throws(DatasetError) {
                if let dataset = try mnist(in: place) { return dataset }
                if place.role != .cache { throw place.withoutMNIST }
            } catch {
                if place.role != .cache { throw error }
                notes.append("passed over: \(error)")
            }
        }
        return nil
    }

    /// Refuses a folder that a user has named and that has none of MNIST's files.
    package func checkNamedFolders() throws(DatasetError) {
        for place in places where place.role != .cache {
            var hasFiles = false
            for directory in place.folders where FileManager.default.fileExists(atPath: directory) {
                if try !IDXFolder(listing: directory).names.isEmpty { hasFiles = true }
            }
            if !hasFiles { throw place.withoutMNIST }
        }
    }

    /// MNIST in a place; nil where none of its files are there.
    private func mnist(in place: DataPlace) throws(DatasetError) -> Dataset? {
        for directory in place.folders where FileManager.default.fileExists(atPath: directory) {
            let folder = try IDXFolder(listing: directory)
            if folder.names.isEmpty { continue }
            // A cache with part of the files is one whose fetching was cut off.
            if place.role == .cache, !folder.missing.isEmpty { return nil }
            return try Dataset(folder, name: "MNIST", origin: "MNIST from \(directory)") {
                role, file throws(DatasetError) in
                try MNIST.check(role, file, checksums: checksums)
            }
        }
        return nil
    }

    private func fetchMNIST(
        timeoutSeconds: Double, _ progress: (FetchProgress) -> Void
    ) throws(DatasetError) -> Dataset {
        guard let cacheDirectory else { throw .noCacheDirectory }
        let fetcher = MNISTFetcher(
            mirrors: mirrors, cache: cacheDirectory, checksums: checksums,
            timeoutSeconds: timeoutSeconds, probeSeconds: quickTimeoutSeconds)
        try fetcher.fetch(progress: progress)
        let place = DataPlace(role: .cache, path: cacheDirectory)
        guard let dataset = try mnist(in: place) else {
            throw .noMNIST(directory: cacheDirectory)
        }
        return dataset
    }

    /// Where MNIST is looked for, in order.
    var places: [DataPlace] {
        let given = environment["FEDERATED_DATA_DIR"].flatMap { $0.isEmpty ? nil : $0 }
        return [
            dataDirectory.map { DataPlace(role: .dataDirectory, path: $0) },
            given.map { DataPlace(role: .environment, path: $0) },
            cacheDirectory.map { DataPlace(role: .cache, path: $0) },
        ].compactMap(\.self)
    }
}

/// One place where MNIST is looked for.
struct DataPlace: Equatable {
    enum Role: String {
        case dataDirectory = "--data-dir"
        case environment = "FEDERATED_DATA_DIR"
        case cache
    }

    let role: Role
    let path: String

    /// What is wrong with it where none of MNIST's files are there.
    var withoutMNIST: DatasetError {
        let exists = FileManager.default.fileExists(atPath: path)
        return switch role {
        case .environment: .noMNISTInEnvironment(directory: path, exists: exists)
        case .dataDirectory, .cache:
            exists ? .noMNIST(directory: path) : .missingDirectory(path: path)
        }
    }

    /// The folders to look into, in order.
    var folders: [String] { role == .cache ? [path] : [path, join(path, "mnist")] }
}
