import Foundation

extension Dataset {
    /// Reads the four IDX files of a folder, plain or gzip, whatever they hold.
    ///
    /// The dataset is named for the folder. Files are known by MNIST's names
    /// (`train-images-idx3-ubyte`, `train-images.idx3-ubyte` …) or by names that contain them, like
    /// EMNIST's.
    /// - Parameter classCount: labels are 0 ..< `classCount`; EMNIST has up to 62.
    /// - Throws: `DatasetError`.
    public init(
        folder directory: String, classCount: Int = Dataset.usualClassCount
    ) throws(DatasetError) {
        let path = URL(fileURLWithPath: directory).standardizedFileURL.lastPathComponent
        try self.init(
            IDXFolder(listing: directory), name: path, origin: "IDX files in \(directory)",
            classCount: classCount, check: { _, _ throws(DatasetError) in })
    }

    /// Reads the files of `folder`, each given to `check` before it is used.
    init(
        _ folder: IDXFolder, name: String, origin: String,
        classCount: Int = Dataset.usualClassCount,
        check: (IDXRole, IDX.File) throws(DatasetError) -> Void
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
        let train = try Samples(
            images: trainImages, labels: read(.trainLabels), classCount: classCount)
        let testImages = try read(.testImages)
        let test = try Samples(
            images: testImages, labels: read(.testLabels), classCount: classCount)
        guard train.height == test.height, train.width == test.width else {
            throw .imageSizeMismatch(
                testFile: testImages.path, test: [test.height, test.width],
                trainFile: trainImages.path, train: [train.height, train.width])
        }
        try self.init(name: name, origin: origin, train: train, test: test)
    }
}

extension Samples {
    /// The images of one IDX file with the labels of another.
    init(images: IDX.File, labels: IDX.File, classCount: Int) throws(DatasetError) {
        let size = images.header.dimensions
        let classes = labels.contents
        guard classes.count == size[0] else {
            throw .countMismatch(
                labelsFile: labels.path, labels: classes.count, imagesFile: images.path,
                images: size[0])
        }
        if let position = classes.firstIndex(where: { $0 >= classCount }) {
            throw .labelOutOfRange(
                file: labels.path, position: position, label: Int(classes[position]),
                classes: classCount)
        }
        try self.init(
            pixels: images.contents, labels: classes, height: size[1], width: size[2],
            classCount: classCount)
    }
}
