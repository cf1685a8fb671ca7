import Foundation

extension Dataset {
    /// Reads an `.npz` archive of arrays, or a folder of `.npy` files of the same names.
    ///
    /// Names are Keras's, `x_train`, `y_train`, `x_test` and `y_test`, or others that
    /// `DatasetError.missingArrays` lists; of `x` and `y` alone a random part is tested on. Samples are
    /// [N][H][W] or [N][H][W][C] images or [N][F] features: bytes, which models see as byte / 255, or
    /// numbers, which they see as they are. Labels are whole numbers, [N] or [N][1], or one-hot rows;
    /// floats are numbers to be predicted, [N] or [N][T].
    /// - Parameters:
    ///   - options: `testFraction` counts where there are no test samples.
    ///   - notes: gains sentences on what was chosen.
    /// - Throws: `DatasetError`.
    public init(
        arrays path: String, options: DatasetOptions = DatasetOptions(), notes: inout [String]
    ) throws(DatasetError) {
        try self.init(arrays: path, options: options, isPart: false, notes: &notes)
    }

    /// - Parameter isPart: whether these are one client's samples among others', so that classes may be
    ///   missing and a single sample is enough.
    init(
        arrays path: String, options: DatasetOptions, isPart: Bool, notes: inout [String]
    ) throws(DatasetError) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw .missingPath(path)
        }
        let place = isDirectory.boolValue ? ArrayPlace.folder(path) : try ArrayPlace(npz: path)
        let present = try place.names()
        let names = try ArrayNames.chosen(from: present, in: path)
        let rest = present.subtracting(names.all).sorted()
        if !rest.isEmpty {
            notes.append("\(path) has \(rest.joined(separator: ", ")) too: not read")
        }
        func half(_ names: (x: String, y: String)) throws(DatasetError) -> ArrayHalf {
            try ArrayHalf(
                samples: place.read(names.x, as: .samples),
                labels: place.read(names.y, as: .labels))
        }
        let train = try half(names.train)
        let test = try names.test.map { names throws(DatasetError) in try half(names) }
        if test != nil, options.testFraction != nil {
            throw .uselessOption("--test-fraction", path: path, form: "split already")
        }
        try self.init(
            train, test, name: URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent,
            origin: isDirectory.boolValue ? ".npy files in \(path)" : "arrays of \(path)",
            place: path, options: options, isPart: isPart, notes: &notes)
    }

    /// The data set of two arrays that are in memory, of which a random part is tested on.
    package init(
        samples: NumberArray, labels: NumberArray, name: String, options: DatasetOptions,
        notes: inout [String]
    ) throws(DatasetError) {
        try self.init(
            ArrayHalf(samples: samples, labels: labels), nil, name: name, origin: name, place: name,
            options: options, isPart: false, notes: &notes)
    }

    /// The data set of arrays that have been read.
    private init(
        _ train: ArrayHalf, _ test: ArrayHalf?, name: String, origin: String, place: String,
        options: DatasetOptions, isPart: Bool, notes: inout [String]
    ) throws(DatasetError) {
        var classCount = 1
        if case .classes(let labels, let oneHot) = train.labels {
            classCount =
                isPart
                ? oneHot ?? Int(labels.max() ?? 0) + 1
                : try ClassCount.of(labels, oneHot: oneHot, name: train.labelsName)
        }
        if !isPart { notes += train.notes }
        let (learned, tested): (ArrayHalf, ArrayHalf)
        if let test {
            try test.checkLike(train)
            (learned, tested) = (train, test)
        } else {
            let split = try TestSplit(
                count: train.count, options: options, file: train.samples.name, isPart: isPart)
            if !isPart { notes.append(split.note(place, options: options)) }
            (learned, tested) = (train.rows(split.train), train.rows(split.test))
        }
        try self.init(
            name: name, origin: origin, train: learned.made(classCount: classCount),
            test: tested.made(classCount: classCount))
    }
}
