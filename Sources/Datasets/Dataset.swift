/// Images of ten classes to train on, and others to test on.
public struct Dataset: Sendable {
    /// Classes of every dataset: labels are 0 ..< 10.
    public static let classCount = 10

    /// "MNIST", "digits", or the name of the folder it was read from.
    public let name: String
    /// Where it came from, in one phrase for people, like "generated digits, seed 1".
    public let origin: String
    /// What clients train on.
    public let train: LabelledImages
    /// What the server evaluates on; its images have the training images' size.
    public let test: LabelledImages

    /// A dataset of images that are already in memory.
    public init(name: String, origin: String, train: LabelledImages, test: LabelledImages) {
        self.name = name
        self.origin = origin
        self.train = train
        self.test = test
    }
}
