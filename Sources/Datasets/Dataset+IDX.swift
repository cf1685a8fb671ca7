import Foundation

extension Dataset {
    /// Reads the four IDX files of a folder, plain or gzip, whatever they hold.
    ///
    /// The dataset is named for the folder. Files are known by MNIST's names
    /// (`train-images-idx3-ubyte`, `train-images.idx3-ubyte` …) or by names that contain them, like
    /// EMNIST's.
    /// - Parameter classCount: labels are 0 ..< `classCount`; nil for ten where no training label is
    ///   larger, and else for as many as labels tell apart, counted from 0 or from 1.
    /// - Throws: `DatasetError`.
    public init(folder directory: String, classCount: Int? = nil) throws(DatasetError) {
        var notes: [String] = []
        try self.init(
            folder: directory, classes: classCount.map { .known($0) } ?? .counted(isPart: false),
            notes: &notes)
    }

    /// As above, with what there is to say of the labels.
    init(
        folder directory: String, isPart: Bool, notes: inout [String]
    ) throws(DatasetError) {
        try self.init(folder: directory, classes: .counted(isPart: isPart), notes: &notes)
    }

    private init(
        folder directory: String, classes: IDXClasses, notes: inout [String]
    ) throws(DatasetError) {
        let path = URL(fileURLWithPath: directory).standardizedFileURL.lastPathComponent
        try self.init(
            IDXFolder(listing: directory), name: path, origin: "IDX files in \(directory)",
            classes: classes, notes: &notes, check: { _, _ throws(DatasetError) in })
    }

    /// Reads the files of `folder`, each given to `check` before it is used.
    init(
        _ folder: IDXFolder, name: String, origin: String, classes: IDXClasses,
        notes: inout [String], check: (IDXRole, IDX.File) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        guard folder.missing.isEmpty else {
            throw .missingFiles(directory: folder.directory, roles: folder.missing)
        }
        func read(_ role: IDXRole) throws(DatasetError) -> IDX.File {
            guard let path = folder.path(role) else {
                throw .missingFiles(directory: folder.directory, roles: [role])
            }
            let file = try IDX.read(path, kind: role.kind)
            try check(role, file)
            return file
        }
        let trainImages = try read(.trainImages)
        let trainLabels = try read(.trainLabels)
        try IDX.checkCounts(images: trainImages, labels: trainLabels)
        let testImages = try read(.testImages)
        let testLabels = try read(.testLabels)
        try IDX.checkCounts(images: testImages, labels: testLabels)
        let (train, test) = (trainImages.header.dimensions, testImages.header.dimensions)
        guard train[1...] == test[1...] else {
            throw .imageSizeMismatch(
                testFile: testImages.path, test: Array(test[1...]), trainFile: trainImages.path,
                train: Array(train[1...]))
        }
        let labels = try classes.numbered(train: trainLabels, test: testLabels, notes: &notes)
        try self.init(
            name: name, origin: origin,
            train: Samples(
                images: trainImages, labels.train, of: trainLabels, classCount: labels.count),
            test: Samples(
                images: testImages, labels.test, of: testLabels, classCount: labels.count))
    }
}

extension IDX {
    /// Refuses another number of labels than of images.
    fileprivate static func checkCounts(images: File, labels: File) throws(DatasetError) {
        let (found, expected) = (labels.header.dimensions[0], images.header.dimensions[0])
        guard found == expected else {
            throw .countMismatch(
                labelsFile: labels.path, labels: found, imagesFile: images.path, images: expected)
        }
    }
}

extension Samples {
    /// The images of one IDX file with the labels of another.
    fileprivate init(
        images: IDX.File, _ labels: [UInt8], of file: IDX.File, classCount: Int
    ) throws(DatasetError) {
        if let position = labels.firstIndex(where: { $0 >= classCount }) {
            throw .labelOutOfRange(
                file: file.path, position: position, label: Int(labels[position]),
                classes: classCount)
        }
        let size = images.header.dimensions
        try self.init(
            pixels: images.contents, labels: labels, height: size[1], width: size[2],
            classCount: classCount)
    }
}
