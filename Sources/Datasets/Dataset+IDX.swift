import Foundation

extension Dataset {
    /// Reads the four IDX files of a folder, plain or gzip, whatever they hold.
    ///
    /// The dataset is named for the folder. Files are known by MNIST's names
    /// (`train-images-idx3-ubyte`, `train-images.idx3-ubyte` …) or by names that contain them, like
    /// EMNIST's.
    public init(folder directory: String) throws(DatasetError) {
        let path = URL(fileURLWithPath: directory).standardizedFileURL.lastPathComponent
        try self.init(
            IDXFolder(listing: directory), name: path, origin: "IDX files in \(directory)",
            check: { _, _ throws(DatasetError) in })
    }

    /// Reads the files of `folder`, each given to `check` before it is used.
    init(
        _ folder: IDXFolder, name: String, origin: String,
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
        let train = try LabelledImages(images: trainImages, labels: read(.trainLabels))
        let testImages = try read(.testImages)
        let test = try LabelledImages(images: testImages, labels: read(.testLabels))
        guard train.height == test.height, train.width == test.width else {
            throw .imageSizeMismatch(
                testFile: testImages.path, test: [test.height, test.width],
                trainFile: trainImages.path, train: [train.height, train.width])
        }
        self.init(name: name, origin: origin, train: train, test: test)
    }
}

extension LabelledImages {
    /// The images of one IDX file with the labels of another.
    init(images: IDX.File, labels: IDX.File) throws(DatasetError) {
        let size = images.header.dimensions
        let classes = labels.contents
        guard classes.count == size[0] else {
            throw .countMismatch(
                labelsFile: labels.path, labels: classes.count, imagesFile: images.path,
                images: size[0])
        }
        if let position = classes.firstIndex(where: { $0 >= Dataset.classCount }) {
            throw .labelOutOfRange(
                file: labels.path, position: position, label: classes[position])
        }
        try self.init(
            pixels: images.contents, labels: classes, height: size[1], width: size[2])
    }
}
