import Foundation

extension Dataset {
    /// Reads data in the form of LEAF: JSON with `users`, `num_samples` and, for each user, `x` and
    /// `y`.
    ///
    /// Samples are lists of numbers, or of lists for images [H][W] or [H][W][C]; 784 numbers are an
    /// image of 28×28, as LEAF writes those of FEMNIST. Labels that are written as whole numbers
    /// from 0 up are classes, others are targets. Users are the samples' owners.
    /// - Parameters:
    ///   - path: a file, a folder of files, or a folder with such folders `train` and `test`. Without test
    ///     samples a part of each user's is tested on.
    ///   - notes: gains a sentence for each thing that there is to say of what was read.
    /// - Throws: `DatasetError`, mostly a `LEAFError`.
    /// - SeeAlso: Caldas et al., "LEAF: A benchmark for federated settings", 2018.
    public init(
        leaf path: String, options: DatasetOptions = DatasetOptions(), notes: inout [String]
    ) throws(DatasetError) {
        let files = try LEAFFiles(path)
        let train = try LEAFSamples(files: files.train)
        let test: LEAFSamples? =
            if files.test.isEmpty { nil } else { try LEAFSamples(files: files.test) }
        try self.init(train: train, test: test, path: path, options: options, notes: &notes)
    }

    /// Reads one file in LEAF's form that is in memory; errors name it `name`.
    package init(
        leafBytes bytes: [UInt8], name: String, options: DatasetOptions, notes: inout [String]
    ) throws(DatasetError) {
        var samples = LEAFSamples()
        try samples.add(bytes, file: name)
        try self.init(train: samples, test: nil, path: name, options: options, notes: &notes)
    }

    /// The data set of what was read.
    init(
        train: LEAFSamples, test: LEAFSamples?, path: String, options: DatasetOptions,
        notes: inout [String]
    ) throws(DatasetError) {
        let name = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
        guard train.count > 0, test?.count != 0 else { throw .leaf(.noSamples(path: path)) }
        let kind = try LEAFLabels(train, test, path: path)
        let trainOwners = train.owners
        if let test {
            guard train.shape == test.shape else {
                throw .leaf(
                    .shape(
                        file: path, user: test.users.first?.name ?? "", found: test.shape ?? [],
                        first: train.users.first?.name ?? "", expected: train.shape ?? []))
            }
            try self.init(
                name: name, origin: "LEAF's files in \(path)",
                train: kind.samples(train, at: nil), test: kind.samples(test, at: nil))
            owners = SampleOwners(
                owners: train.users.map(\.name), train: trainOwners,
                testOwners: test.users.map(\.name), test: test.owners)
            return
        }
        let split = try OwnerSplit(
            trainOwners, count: train.users.count, options: options, file: path)
        notes.append(split.note(path, options: options))
        try self.init(
            name: name, origin: "LEAF's users in \(path)",
            train: kind.samples(train, at: split.train), test: kind.samples(train, at: split.test))
        let names = train.users.map(\.name)
        owners = SampleOwners(
            owners: names, train: split.train.map { trainOwners[$0] }, testOwners: names,
            test: split.test.map { trainOwners[$0] })
    }
}

extension LEAFSamples {
    /// What the files hold together.
    init(files: [String]) throws(DatasetError) {
        self.init()
        for file in files { try add(readFile(file, limit: Self.sizeLimit), file: file) }
    }

    /// For each sample, the position of its user.
    var owners: [Int32] {
        var owners = [Int32](repeating: 0, count: count)
        for (position, user) in users.enumerated() {
            for sample in user.samples { owners[sample] = Int32(position) }
        }
        return owners
    }
}

/// What labels are.
private struct LEAFLabels {
    /// How many classes there are; nil where labels are numbers to be predicted.
    let classCount: Int?

    init(_ train: LEAFSamples, _ test: LEAFSamples?, path: String) throws(DatasetError) {
        let parts = [train] + (test.map { [$0] } ?? [])
        let areClasses = parts.allSatisfy { part in
            part.labels.allSatisfy { $0 >= 0 && $0.rounded() == $0 }
                && (part.areWhole || Set(part.labels).count <= TableTarget.classLimit)
        }
        guard areClasses else {
            classCount = nil
            return
        }
        for part in parts {
            for user in part.users {
                for sample in user.samples where part.labels[sample] >= Float(Samples.classLimit) {
                    throw .leaf(
                        .label(
                            file: path, user: user.name, sample: sample - user.samples.lowerBound,
                            found: Int(exactly: part.labels[sample]) ?? .max))
                }
            }
        }
        let labels = parts.flatMap(\.labels)
        let largest = Int(labels.max() ?? 0)
        guard labels.contains(where: { Int($0) != largest }) else {
            throw .leaf(.oneClass(path: path, label: largest))
        }
        classCount = largest + 1
    }

    /// Some samples; nil for all of them.
    func samples(_ part: LEAFSamples, at positions: [Int]?) throws(DatasetError) -> Samples {
        let shape = Self.sampleShape(part.shape ?? [])
        let size = shape.reduce(1, *)
        var values = part.values
        var labels = part.labels
        if let positions {
            values = positions.flatMap { part.values[$0 * size..<($0 + 1) * size] }
            labels = positions.map { part.labels[$0] }
        }
        guard let classCount else {
            return try Samples(values: values, shape: shape, targets: labels, targetCount: 1)
        }
        let classes = labels.map { Int32($0) }
        return shape.count == 1
            ? try Samples(
                features: values, featureCount: size, labels: classes, classCount: classCount)
            : try Samples(
                values: values, labels: classes, height: shape[0], width: shape[1],
                channels: shape[2], classCount: classCount)
    }

    /// [F], or [H, W, C].
    private static func sampleShape(_ nested: [Int]) -> [Int] {
        switch nested.count {
        case 0: [1]
        case 1: nested[0] == 784 ? [28, 28, 1] : nested
        case 2: nested + [1]
        default: nested
        }
    }
}

/// The files of a data set in LEAF's form.
private struct LEAFFiles {
    let train: [String]
    let test: [String]

    init(_ path: String) throws(DatasetError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
            isFolder.boolValue
        else {
            train = [path]
            test = []
            return
        }
        for folder in [path, join(path, "data")] {
            let inner = try Self.list(join(folder, "train"))
            guard !inner.isEmpty else { continue }
            train = inner
            test = try Self.list(join(folder, "test"))
            return
        }
        train = try Self.list(path)
        test = []
        if train.isEmpty { throw .leaf(.noFiles(directory: path)) }
    }

    /// The JSON files of a folder in the order of their names; none where there is no folder.
    private static func list(_ directory: String) throws(DatasetError) -> [String] {
        guard FileManager.default.fileExists(atPath: directory) else { return [] }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            throw .unreadable(file: directory, reason: "the folder cannot be listed")
        }
        return names.filter { $0.lowercased().hasSuffix(".json") }.sorted()
            .map { join(directory, $0) }
    }
}
