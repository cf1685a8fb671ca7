/// Images to train on, and others of the same shape and classes to test on.
public struct Dataset: Sendable {
    /// Classes of MNIST, of generated digits, and of other data unless it is said otherwise.
    public static let usualClassCount = 10

    /// "MNIST", "digits", or the name of the folder it was read from.
    public let name: String
    /// Where it came from, in one phrase for people, like "generated digits, seed 1".
    public let origin: String
    /// What clients train on.
    public let train: LabelledImages
    /// What the server evaluates on; of the training images' size and classes.
    public let test: LabelledImages

    /// A dataset of images that are already in memory.
    /// - Throws: `DatasetError.unlikeTestImages` where shapes or numbers of classes differ.
    public init(
        name: String, origin: String = "arrays", train: LabelledImages, test: LabelledImages
    ) throws(DatasetError) {
        let shapes = [test, train].map { [$0.height, $0.width, $0.channels] }
        guard shapes[0] == shapes[1], test.classCount == train.classCount else {
            throw .unlikeTestImages(
                test: shapes[0], testClasses: test.classCount, train: shapes[1],
                trainClasses: train.classCount)
        }
        self.name = name
        self.origin = origin
        self.train = train
        self.test = test
    }

    /// Generated digits, whose halves are alike by construction.
    init(digits train: LabelledImages, test: LabelledImages, seed: UInt64) {
        name = "digits"
        origin = "generated digits, seed \(seed)"
        self.train = train
        self.test = test
    }

    /// How many classes labels tell apart.
    public var classCount: Int { train.classCount }
}
