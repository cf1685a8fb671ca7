/// Samples to train on, and others of the same shape and classes to test on.
public struct Dataset: Sendable {
    /// Classes of MNIST, of generated digits, and of other data unless it is said otherwise.
    public static let usualClassCount = 10

    /// "MNIST", "digits", or the name of the folder it was read from.
    public let name: String
    /// Where it came from, in one phrase for people, like "generated digits, seed 1".
    public let origin: String
    /// What clients train on.
    public internal(set) var train: Samples
    /// What the server evaluates on; of the training samples' shape and classes.
    public internal(set) var test: Samples

    /// A dataset of images that are already in memory.
    /// - Throws: `DatasetError.unlikeTestImages` where shapes or numbers of classes differ.
    public init(
        name: String, origin: String = "arrays", train: Samples, test: Samples
    ) throws(DatasetError) {
        guard test.shape == train.shape, test.classCount == train.classCount else {
            throw .unlikeTestImages(
                test: test.shape, testClasses: test.classCount, train: train.shape,
                trainClasses: train.classCount)
        }
        guard test.targetCount == train.targetCount else {
            throw .unlikeTargets(test: test.targetCount, train: train.targetCount)
        }
        self.name = name
        self.origin = origin
        self.train = train
        self.test = test
    }

    /// Generated digits, whose halves are alike by construction.
    init(digits train: Samples, test: Samples, seed: UInt64) {
        name = "digits"
        origin = "generated digits, seed \(seed)"
        self.train = train
        self.test = test
    }

    /// How many classes labels tell apart; 1 where targets are numbers.
    public var classCount: Int { train.classCount }

    /// What classes are called, where the source says it; else empty.
    public var classNames: [String] = []
    /// What features or targets are called, where the source says it; else empty.
    public var featureNames: [String] = []
    /// Whose each sample is, where the source knows.
    public var owners: SampleOwners?
}
