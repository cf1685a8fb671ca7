/// Why a dataset could not be read, found, fetched or divided; `description` is one sentence.
public enum DatasetError: Error, Equatable, Sendable {
    // MARK: Images in memory

    /// A height, width or number of channels that is not positive, or a product beyond `Int`.
    case impossibleImageSize(height: Int, width: Int, channels: Int)
    /// `found` pixels for `images` labels of images with `pixelsPerImage` pixels each.
    case pixelCount(found: Int, images: Int, pixelsPerImage: Int)
    /// So many targets do not make samples of `each`.
    case targetCount(found: Int, each: Int)
    /// A target that is no finite number.
    case targetNotFinite(sample: Int, found: String)
    /// Test samples that have another number of targets than training samples.
    case unlikeTargets(test: Int, train: Int)
    /// A number of classes beyond the limit.
    case classCountOutOfRange(Int)
    /// A label that is no class; `position` counts from 0, `file` is nil for images in memory.
    case labelOutOfRange(file: String?, position: Int, label: Int, classes: Int)
    /// A number that is not finite, the `position`-th of the `image`-th, both from 0; `found` is "nan",
    /// "inf" or "-inf".
    case valueNotFinite(image: Int, position: Int, found: String)
    /// Test images of another shape, [H, W, C], or other classes than the training images have.
    case unlikeTestImages(test: [Int], testClasses: Int, train: [Int], trainClasses: Int)

    // MARK: Files

    /// The system refused to open, read or write a file; `reason` is its own word for why.
    case unreadable(file: String, reason: String)
    /// A file beyond what is read into memory.
    case fileTooLarge(file: String, limit: Int)
    /// A gzip file that does not decompress; `reason` is a phrase.
    case corruptGzip(file: String, reason: String)
    /// A gzip file that ends before its data does.
    case truncatedGzip(file: String)
    /// A file too short for its IDX header.
    case truncatedHeader(file: String, found: Int, expected: Int)
    /// A file that does not begin as an IDX file of its kind does.
    case wrongMagic(file: String, kind: IDXKind, found: UInt32)
    /// Dimensions of which one is zero, or whose product is beyond what is read into memory.
    case impossibleDimensions(file: String, dimensions: [Int])
    /// Fewer bytes after decompression than the header declares.
    case truncated(file: String, found: Int, expected: Int)
    /// More bytes than the header declares; `found` is nil where counting stopped at the first.
    case trailingBytes(file: String, found: Int?, expected: Int)
    /// As many labels as images are needed.
    case countMismatch(labelsFile: String, labels: Int, imagesFile: String, images: Int)
    /// Test images must have the size of the training images, [H, W].
    case imageSizeMismatch(testFile: String, test: [Int], trainFile: String, train: [Int])

    // MARK: Arrays and archives

    /// An array that cannot be read, or that is not what it is to be.
    case array(name: String, ArrayProblem)
    /// A zip archive of arrays that cannot be read.
    case archive(file: String, ArchiveProblem)
    /// Arrays that a place lacks: the names that were found, and the one that is missing beside them;
    /// nil where no names are known.
    case missingArrays(place: String, found: [String], missing: String?)
    /// Two arrays that could each be the one.
    case ambiguousArrays(place: String, names: [String])
    /// A CIFAR file that does not consist of whole records.
    case cutRecord(file: String, bytes: Int, recordBytes: Int)
    /// A CIFAR folder without some of its files.
    case missingCIFAR(directory: String, names: [String])
    /// As many names as classes are needed.
    case classNameCount(file: String, found: Int, classes: Int)

    // MARK: Options

    /// A part of the samples that is not within 0 and 1.
    case testFraction(Double)
    /// Too few samples to train on some and to test on others.
    case tooFewSamples(file: String, found: Int)
    /// Samples without height and width, which are to change places.
    case notImages(name: String)
    /// An option that data of this form have no use for.
    case uselessOption(String, path: String, form: String)
    /// A path where there is neither file nor folder.
    case missingPath(String)
    /// A path where there is nothing that a reader knows.
    case unknownForm(path: String)

    // MARK: Tables, clients

    /// What is wrong with a table of text.
    case table(TableError)
    /// What is wrong with data in LEAF's form.
    case leaf(LEAFError)
    /// What is wrong with a folder of clients' files.
    case clientFolder(ClientFolderError)
    /// What is wrong with the file that says who wrote MNIST's digits.
    case writers(WritersError)

    // MARK: Folders

    /// A word that is the name of no data set, nor of a folder.
    case unknownDataset(String)
    /// A path where there is nothing.
    case missingDirectory(path: String)
    /// A path where there is a file.
    case notADirectory(path: String)
    /// Files of an IDX dataset that a folder lacks.
    case missingFiles(directory: String, roles: [IDXRole])
    /// Several files that could each be the one for a role.
    case ambiguousFiles(directory: String, role: IDXRole, candidates: [String])

    // MARK: MNIST

    /// A file of an IDX dataset whose SHA-256, decompressed, is not that of MNIST's.
    case notMNIST(file: String, found: String, expected: String)
    /// The folder given by `--data-dir` has no MNIST, nor has `mnist` under it.
    case noMNIST(directory: String)
    /// The folder that `FEDERATED_DATA_DIR` names is not there, or has no MNIST.
    case noMNISTInEnvironment(directory: String, exists: Bool)
    /// No mirror gave a file; one reason for each that was asked.
    case fetchFailed(file: String, failures: [FetchFailure])
    /// Neither `XDG_CACHE_HOME` nor `HOME` says where fetched files are to be kept.
    case noCacheDirectory
    /// The cache could not be written.
    case unwritable(path: String, reason: String)

    // MARK: Partitions

    /// `samples` outside what the experiment can draw.
    case samplesOutOfRange(experiment: Experiment, samples: Int, allowed: ClosedRange<Int>)
    /// An experiment that draws from every class, and a training set that lacks one.
    case emptyClass(experiment: Experiment, label: Int)
    /// An experiment that draws by class, and samples whose targets are numbers.
    case needsClasses(experiment: Experiment)
    /// A training set without any image.
    case noTrainingImages
}

/// Why one mirror did not give a file.
public struct FetchFailure: Error, Equatable, Sendable {
    /// What went wrong.
    public enum Reason: Equatable, Sendable {
        /// An answer other than 200.
        case status(Int)
        /// No answer in the time given.
        case timeout(seconds: Double)
        /// The connection failed or broke; the network library's own words.
        case connection(String)
        /// More bytes than any file of MNIST has.
        case tooLarge(limit: Int)
        /// Data that does not decompress, or to more bytes than the file has.
        case corrupt(String)
        /// Data that decompresses to other bytes than MNIST's (SHA-256, hexadecimal).
        case wrongChecksum(found: String, expected: String)
    }

    /// The address that was asked.
    public let url: String
    /// What was wrong with the answer.
    public let reason: Reason

    /// A failure of the mirror's file at `url`.
    public init(url: String, reason: Reason) {
        self.url = url
        self.reason = reason
    }
}
