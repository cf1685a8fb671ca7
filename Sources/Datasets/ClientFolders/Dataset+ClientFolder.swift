import Foundation

extension Dataset {
    /// Reads a folder with a file or a folder for each client, of one form: tables, `.npz`, or
    /// folders of `.npy` or IDX files.
    ///
    /// Clients are called as their files. All have samples of one shape; the classes are those of
    /// all together. Tables have the same columns; numbers are standardised and words one-hot by
    /// the training rows of all. Where no client has test samples, a part of each one's is tested
    /// on.
    /// - Parameter notes: gains a sentence for each thing that there is to say of what was read.
    /// - Throws: `DatasetError`, for what clients are to each other a `ClientFolderError`.
    public init(
        clientFolder directory: String, options: DatasetOptions = DatasetOptions(),
        notes: inout [String]
    ) throws(DatasetError) {
        if options.clientColumn != nil {
            throw .uselessOption(
                "--client-column", path: directory, form: "a folder of clients' files")
        }
        let entries = try ClientEntries(directory).entries
        let name = URL(fileURLWithPath: directory).standardizedFileURL.lastPathComponent
        let origin = "files of \(entries.count) clients in \(directory)"
        guard let table = entries.first(where: \.isTable) else {
            try self.init(
                parts: entries, name: name, origin: origin, directory: directory,
                options: options, notes: &notes)
            return
        }
        if let other = entries.first(where: { !$0.isTable }) {
            throw .clientFolder(.mixedForms(path: other.path, first: table.path))
        }
        try self.init(
            tables: entries, name: name, origin: origin, directory: directory, options: options,
            notes: &notes)
    }

    // MARK: Tables

    private init(
        tables entries: [ClientEntries.Entry], name: String, origin: String, directory: String,
        options: DatasetOptions, notes: inout [String]
    ) throws(DatasetError) {
        let files = entries.map { entry -> (train: String, test: String?) in
            // Beside a client's file there are those of other clients, and no test file.
            guard let inner = TableFiles.train(in: entry.path) else { return (entry.path, nil) }
            return (inner, TableFiles(inner).test)
        }
        let tested = files.indices.filter { files[$0].test != nil }
        let inputs = files.map(\.train) + tested.compactMap { files[$0].test }
        let table = try Table(inputs.map { .file($0) }, options: options)
        let owners = Array(files.indices) + tested
        var rowOwners: [Int32] = []
        for (part, owner) in zip(table.parts, owners) {
            rowOwners += repeatElement(Int32(owner), count: part.rows.count)
        }
        let (train, test): ([Int], [Int])
        if tested.isEmpty {
            let split = try OwnerSplit(
                rowOwners, count: entries.count, options: options, file: directory)
            (train, test) = (split.train, split.test)
            notes.append(split.note(directory, options: options))
        } else {
            let border = table.parts[files.count].rows.lowerBound
            (train, test) = (Array(0..<border), Array(border..<table.rowCount))
        }
        try self.init(
            table, train: train, test: test, name: name, origin: origin, notes: &notes)
        self.owners = SampleOwners(
            names: entries.map(\.name), train: train.map { rowOwners[$0] },
            test: test.map { rowOwners[$0] })
    }

    // MARK: Arrays

    private init(
        parts entries: [ClientEntries.Entry], name: String, origin: String, directory: String,
        options: DatasetOptions, notes: inout [String]
    ) throws(DatasetError) {
        var train = JoinedSamples()
        var test = JoinedSamples()
        for (owner, entry) in entries.enumerated() {
            let part = try Dataset(client: entry.path, options: options, notes: &notes)
            try train.add(part.train, of: owner, path: entry.path, first: entries[0].path)
            try test.add(part.test, of: owner, path: entry.path, first: entries[0].path)
        }
        guard test.count > 0 else {
            throw .clientFolder(.nothingToTest(directory: directory))
        }
        let classCount =
            train.targetCount > 0
            ? 1 : try ClassCount.of(train.labels + test.labels, name: directory)
        try self.init(
            name: name, origin: origin, train: train.samples(classCount: classCount),
            test: test.samples(classCount: classCount))
        self.owners = SampleOwners(
            names: entries.map(\.name), train: train.owners, test: test.owners)
    }

    /// One client's samples, whose classes are but some.
    private init(
        client path: String, options: DatasetOptions, notes: inout [String]
    ) throws(DatasetError) {
        let form: DatasetForm
        do throws(DatasetError) {
            form = try DatasetForm(at: path)
        } catch {
            if case .unknownForm = error { throw .clientFolder(.unknownForm(path: path)) }
            throw error
        }
        // LEAF's files have users of their own, and folders within folders no end.
        guard form != .leaf, form != .clientFolder else {
            throw .clientFolder(.unknownForm(path: path))
        }
        try self.init(at: path, form: form, options: options, isPart: true, notes: &notes)
    }
}

/// Samples of several clients, one behind the other.
private struct JoinedSamples {
    private(set) var labels: [Int32] = []
    private(set) var owners: [Int32] = []
    private var pixels: [UInt8] = []
    private var values: [Float] = []
    private var targets: [Float] = []
    private var first: Samples?

    var count: Int { labels.count }
    var targetCount: Int { first?.targetCount ?? 0 }

    /// Numbers in memory, at most.
    private static let numberLimit = 1 << 31

    /// Adds a client's samples, which are to be like the first client's.
    mutating func add(
        _ samples: Samples, of owner: Int, path: String, first firstPath: String
    ) throws(DatasetError) {
        let expected = first ?? samples
        first = expected
        guard samples.shape == expected.shape else {
            throw .clientFolder(
                .shape(
                    path: path, found: samples.shape, first: firstPath, expected: expected.shape))
        }
        guard Self.kind(samples) == Self.kind(expected) || samples.count == 0 else {
            throw .clientFolder(
                .kind(
                    path: path, found: Self.kind(samples), first: firstPath,
                    expected: Self.kind(expected)))
        }
        guard
            pixels.count + values.count + samples.count * samples.pixelsPerImage
                <= Self.numberLimit
        else { throw .fileTooLarge(file: path, limit: Self.numberLimit) }
        labels += samples.labels
        owners += repeatElement(Int32(owner), count: samples.count)
        pixels += samples.pixels
        values += samples.values
        targets += samples.targets
    }

    private static func kind(_ samples: Samples) -> String {
        let numbers = samples.values.isEmpty ? "bytes" : "Floats"
        return samples.targetCount == 0
            ? "\(numbers) with classes" : "\(numbers) with \(samples.targetCount) targets each"
    }

    /// All of them.
    func samples(classCount: Int) throws(DatasetError) -> Samples {
        guard let first else { return try Samples(pixels: [], labels: labels, height: 1, width: 1) }
        return Samples(
            pixels: pixels, values: values, labels: labels, targets: targets,
            targetCount: first.targetCount, shape: [first.height, first.width, first.channels],
            isVector: first.isVector, classCount: classCount)
    }
}
