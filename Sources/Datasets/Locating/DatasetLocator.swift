import Foundation

/// Finds, fetches, checks and reads datasets.
///
/// MNIST is looked for in `dataDirectory`, in `$FEDERATED_DATA_DIR` (each, then `mnist` under it)
/// and `MNIST/raw` under it), in the cache (`$XDG_CACHE_HOME/federated/mnist`, else
/// `~/.cache/federated/mnist`) and where Keras (`$KERAS_HOME/datasets/mnist.npz`, else
/// `~/.keras/datasets/mnist.npz`) and torchvision (`data/MNIST/raw`) leave it, and else fetched into the
/// cache.
public struct DatasetLocator: Sendable {
    /// The folder given by `--data-dir`.
    public var dataDirectory: String?
    /// `FEDERATED_DATA_DIR`, `XDG_CACHE_HOME`, `KERAS_HOME` and `HOME` count.
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
    /// Where `data/MNIST/raw` is looked for.
    package var workingDirectory = "."
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
    /// - Parameter options: how it is read, where its files leave a choice.
    /// - Throws: `DatasetError`, also where the data have no use for an option.
    public func load(
        _ choice: DatasetChoice, options: DatasetOptions = DatasetOptions(),
        progress: (FetchProgress) -> Void = { _ in }
    ) throws(DatasetError) -> LoadedDataset {
        let loaded = try find(choice, options, progress)
        guard options.transpose else { return loaded }
        return LoadedDataset(
            dataset: try loaded.dataset.transposed(), notes: loaded.notes,
            isSubstitute: loaded.isSubstitute)
    }

    private func find(
        _ choice: DatasetChoice, _ options: DatasetOptions, _ progress: (FetchProgress) -> Void
    ) throws(DatasetError) -> LoadedDataset {
        if case .path(let path) = choice { return try read(path, options) }
        // MNIST and digits are images that come in halves, as IDX files do.
        try DatasetForm.idx.check(
            options, path: choice.name ?? "mnist", as: "images with test images of their own")
        switch choice {
        case .digits:
            try checkDataDirectory()
            return LoadedDataset(dataset: digits(), notes: [])
        case .mnist:
            var notes: [String] = []
            let found = try findMNIST(notes: &notes)
            if let found { return LoadedDataset(dataset: found, notes: notes) }
            return LoadedDataset(
                dataset: try fetchMNIST(timeoutSeconds: timeoutSeconds, progress), notes: notes)
        case .automatic, .path: return try loadAutomatically(progress)
        }
    }

    /// Reads what is at a path, in whatever form.
    private func read(
        _ path: String, _ options: DatasetOptions
    ) throws(DatasetError) -> LoadedDataset {
        try checkDataDirectory()
        if !path.contains("/"), !FileManager.default.fileExists(atPath: path) {
            throw .unknownDataset(path)
        }
        var notes: [String] = []
        let dataset = try Dataset(
            at: path, form: DatasetForm(at: path), options: options, notes: &notes)
        return LoadedDataset(dataset: dataset, notes: notes)
    }

    /// Fetches into the cache what it lacks of MNIST, for `federated data`.
    public func fetch(progress: (FetchProgress) -> Void = { _ in }) throws(DatasetError) {
        _ = try fetchMNIST(timeoutSeconds: timeoutSeconds, progress)
    }

    /// Where fetched files are kept; nil where the environment names no place.
    public var cacheDirectory: String? { cacheDirectory(of: "mnist") }

    private func cacheDirectory(of data: String) -> String? {
        // Relative paths are to be ignored, says the XDG base directory specification.
        if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
            return join(cache, "federated/\(data)")
        }
        guard let home = environment["HOME"], !home.isEmpty else { return nil }
        return join(home, ".cache/federated/\(data)")
    }

    // MARK: -

    private func digits() -> Dataset {
        guard seed == KeptDigits.seed, let folder = cacheDirectory(of: "digits") else {
            return GeneratedDigits.dataset(seed: seed, threads: threads)
        }
        return KeptDigits.dataset(in: folder, threads: threads)
    }

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
    /// fetched anew, and what other tools have left is theirs.
    private func findMNIST(notes: inout [String]) throws(DatasetError) -> Dataset? {
        for place in places {
            do throws(DatasetError) {
                if let dataset = try mnist(in: place) { return dataset }
                if place.isNamed { throw place.withoutMNIST }
            } catch {
                if place.isNamed { throw error }
                notes.append("passed over: \(error)")
            }
        }
        return nil
    }

    /// Refuses a folder that a user has named and that has none of MNIST's files.
    package func checkNamedFolders() throws(DatasetError) {
        for place in places where place.isNamed {
            var hasFiles = false
            for directory in place.folders where FileManager.default.fileExists(atPath: directory) {
                if try !IDXFolder(listing: directory).names.isEmpty { hasFiles = true }
            }
            if !hasFiles { throw place.withoutMNIST }
        }
    }

    /// MNIST in a place; nil where none of its files are there.
    private func mnist(in place: DataPlace) throws(DatasetError) -> Dataset? {
        if place.role == .keras {
            guard FileManager.default.fileExists(atPath: place.path) else { return nil }
            return try KerasMNIST.read(place.path, checksums: checksums)
        }
        for directory in place.folders where FileManager.default.fileExists(atPath: directory) {
            let folder = try IDXFolder(listing: directory)
            if folder.names.isEmpty { continue }
            // A cache with part of the files is one whose fetching was cut off.
            if !place.isNamed, !folder.missing.isEmpty { return nil }
            var notes: [String] = []
            return try Dataset(
                folder, name: "MNIST", origin: "MNIST from \(directory)",
                classes: .known(Dataset.usualClassCount), notes: &notes
            ) { role, file throws(DatasetError) in
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
            KerasMNIST.path(environment).map { DataPlace(role: .keras, path: $0) },
            DataPlace(role: .torchvision, path: join(workingDirectory, "data/MNIST/raw")),
        ].compactMap(\.self)
    }
}

/// One place where MNIST is looked for.
struct DataPlace: Equatable {
    enum Role: String {
        case dataDirectory = "--data-dir"
        case environment = "FEDERATED_DATA_DIR"
        case cache
        case keras = "Keras"
        case torchvision
    }

    let role: Role
    /// A folder; Keras's is its archive.
    let path: String

    /// Whether somebody has named it, to be used.
    var isNamed: Bool { role == .dataDirectory || role == .environment }

    /// What is wrong with it where none of MNIST's files are there.
    var withoutMNIST: DatasetError {
        let exists = FileManager.default.fileExists(atPath: path)
        return switch role {
        case .environment: .noMNISTInEnvironment(directory: path, exists: exists)
        case .dataDirectory, .cache, .keras, .torchvision:
            exists ? .noMNIST(directory: path) : .missingDirectory(path: path)
        }
    }

    /// The folders to look into, in order.
    var folders: [String] {
        isNamed ? [path, join(path, "mnist"), join(path, "MNIST/raw")] : [path]
    }
}
