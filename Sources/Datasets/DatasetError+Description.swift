extension DatasetError: CustomStringConvertible {
    /// One sentence that names the place, what was found and what was expected.
    public var description: String {
        switch self {
        case .impossibleImageSize(let height, let width, let channels):
            "images cannot be \(height)×\(width) pixels with \(channels) channels"
        case .pixelCount(let found, let images, let size):
            "\(found) pixels do not make \(images) images of \(size) pixels each"
        case .classCountOutOfRange(let classes):
            "there cannot be \(classes) classes: they are 1 to \(Samples.classLimit)"
        case .targetCount(let found, let each):
            "\(found) targets do not make samples of \(each) each"
        case .targetNotFinite(let sample, let found):
            "the target of sample \(sample) is \(found), but targets are finite numbers"
        case .unlikeTargets(let test, let train):
            "a test sample has \(test) target\(test == 1 ? "" : "s"), but a training sample \(train)"
        case .labelOutOfRange(let file, let position, let label, let classes):
            "\(file.map { "\($0): " } ?? "")label \(position) is \(label), but labels are 0 to "
                + "\(classes - 1)"
        case .valueNotFinite(let image, let position, let found):
            "value \(position) of image \(image) is \(found), but values are finite numbers"
        case .unlikeTestImages(let test, let testClasses, let train, let trainClasses):
            "the test images are \(product(test)) of \(testClasses) classes, but the training images "
                + "are \(product(train)) of \(trainClasses)"
        case .unreadable(let file, let reason):
            "\(file) cannot be read: \(reason)"
        case .fileTooLarge(let file, let limit):
            "\(file) is larger than the \(limit) bytes that are read at most"
        case .corruptGzip(let file, let reason):
            "\(file) is not sound gzip data: \(reason)"
        case .truncatedGzip(let file):
            "\(file) is cut short: it ends in the middle of its gzip data"
        case .truncatedHeader(let file, let found, let expected):
            "\(file) holds \(found) bytes, but the IDX header alone takes \(expected)"
        case .wrongMagic(let file, let kind, let found):
            "\(file) begins with \(hex(found)), but an IDX file of \(kind) begins with "
                + hex(kind.magic)
        case .impossibleDimensions(let file, let dimensions):
            "\(file) declares \(product(dimensions)) bytes of data, but every dimension must be at "
                + "least 1 and the whole at most \(IDX.sizeLimit) bytes"
        case .truncated(let file, let found, let expected):
            "\(file) is cut short: its header declares \(expected) bytes in all, but it holds "
                + "\(found)"
        case .trailingBytes(let file, let found, let expected):
            "\(file) is too long: its header declares \(expected) bytes in all, but it holds "
                + (found.map(String.init) ?? "more")
        case .countMismatch(let labelsFile, let labels, let imagesFile, let images):
            "\(labelsFile) has \(labels) labels but \(imagesFile) has \(images) images"
        case .imageSizeMismatch(let testFile, let test, let trainFile, let train):
            "\(testFile) has images of \(product(test)) pixels but \(trainFile) has images of "
                + "\(product(train))"
        case .array(let name, let problem):
            "\(name) \(problem)"
        case .archive(let file, let problem):
            "\(file) \(problem)"
        case .missingArrays(let place, let found, let missing):
            "\(place) has \(found.isEmpty ? "no arrays" : found.joined(separator: ", ")), but "
                + (missing.map { "no \($0) beside them" }
                    ?? "arrays are known by the names \(ArrayNames.words)")
        case .ambiguousArrays(let place, let names):
            "\(place) has several arrays that could be the data: \(names.joined(separator: ", "))"
        case .cutRecord(let file, let bytes, let recordBytes):
            "\(file) holds \(bytes) bytes, but CIFAR's files consist of records of \(recordBytes) "
                + "bytes each"
        case .missingCIFAR(let directory, let names):
            "\(directory) has files of CIFAR, but lacks \(names.joined(separator: ", ")), plain or "
                + "with .gz"
        case .classNameCount(let file, let found, let classes):
            "\(file) names \(found) classes, but there are \(classes)"
        case .testFraction(let fraction):
            "--test-fraction must be above 0 and below 1, not \(fraction)"
        case .tooFewSamples(let file, let found):
            "\(file) has \(found) sample\(found == 1 ? "" : "s"), but one to train on and one to test "
                + "on are needed"
        case .notImages(let name):
            "--transpose is for images, but samples of \(name) are lists of features"
        case .uselessOption(let option, let path, let form):
            "\(option) says nothing of \(path): it is \(form)"
        case .missingPath(let path):
            "there is no file or folder “\(path)”"
        case .unknownForm(let path):
            "\(path) is no data set that can be read: \(DatasetForm.words)"
        case .unknownDataset(let name):
            "there is no data set “\(name)”: they are mnist and digits, or the path of a file or a folder"
        case .missingDirectory(let path):
            "there is no folder “\(path)”"
        case .notADirectory(let path):
            "\(path) is a file, but a folder with the four files of an IDX dataset is needed"
        case .missingFiles(let directory, let roles):
            "\(directory) has no "
                + roles.map { "\($0) (looked for \($0.lookedFor))" }.joined(separator: " and no ")
        case .ambiguousFiles(let directory, let role, let candidates):
            "\(directory) has several files that could be the \(role): "
                + candidates.joined(separator: ", ")
        case .notMNIST(let file, let found, let expected):
            "\(file) is not MNIST's: its contents have the SHA-256 \(found) instead of \(expected) "
                + "(--dataset PATH takes any dataset of IDX files)"
        case .noMNIST(let directory):
            "--data-dir \(directory) has no MNIST: neither the folder nor mnist or MNIST/raw under it "
                + "holds \(IDXRole.trainImages.fileName) or any other of its files, plain or with .gz"
        case .noMNISTInEnvironment(let directory, let exists):
            exists
                ? "FEDERATED_DATA_DIR is \(directory), and neither that folder nor mnist or MNIST/raw "
                    + "under it has MNIST's files: unset it, or let it name a folder that has"
                : "FEDERATED_DATA_DIR is \(directory), and there is no such folder: unset it, or let "
                    + "it name one that has MNIST"
        case .fetchFailed(let file, let failures):
            "\(file) could not be fetched: "
                + (failures.isEmpty
                    ? "no mirror is known"
                    : failures.map(\.description).joined(separator: "; "))
        case .noCacheDirectory:
            "there is no place to keep fetched files: set HOME or XDG_CACHE_HOME"
        case .unwritable(let path, let reason):
            "\(path) cannot be written: \(reason)"
        case .samplesOutOfRange(let experiment, let samples, let allowed):
            samples < allowed.lowerBound
                ? "experiment \(experiment.rawValue) needs samples to be at least "
                    + "\(allowed.lowerBound), not \(samples)"
                : "experiment \(experiment.rawValue) allows samples to be at most "
                    + "\(allowed.upperBound), not \(samples)"
        case .emptyClass(let experiment, let label):
            "experiment \(experiment.rawValue) draws from every class, but the training set has no "
                + "image of class \(label)"
        case .needsClasses(let experiment):
            "experiment \(experiment.rawValue) draws from every class, but the targets of these data "
                + "are numbers: experiments 2 and 3 take them"
        case .table(let error): error.description
        case .leaf(let error): error.description
        case .clientFolder(let error): error.description
        case .writers(let error): error.description
        case .noTrainingImages:
            "the training set has no images"
        }
    }

    private func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    private func product(_ dimensions: [Int]) -> String {
        dimensions.map(String.init).joined(separator: "×")
    }
}

extension FetchFailure: CustomStringConvertible {
    /// The address and what was wrong with its answer.
    public var description: String { "\(url) \(reason)" }
}

extension FetchFailure.Reason: CustomStringConvertible {
    /// A phrase that follows the address.
    public var description: String {
        switch self {
        case .status(let status): "answered with status \(status)"
        case .timeout(let seconds): "did not answer within \(rounded(seconds)) seconds"
        case .connection(let reason): "could not be read (\(reason))"
        case .tooLarge(let limit): "sent more than \(limit) bytes"
        case .corrupt(let reason): "sent what is not the file (\(reason))"
        case .wrongChecksum(let found, let expected):
            "sent a file whose contents have the SHA-256 \(found) instead of \(expected)"
        }
    }
}

/// Tenths, and none where it is whole: 2.5, 30.
private func rounded(_ seconds: Double) -> String {
    let tenths = Int((seconds * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
}
