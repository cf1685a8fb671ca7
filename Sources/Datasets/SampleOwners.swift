/// Whose each sample is: the natural clients of a data set, like the writers of its digits.
public struct SampleOwners: Hashable, Sendable {
    /// What owners of training samples are called, K of them, in the order of their numbers.
    public let names: [String]
    /// For every training sample, whose it is, 0 ..< K.
    public let train: [Int32]
    /// For every test sample, whose it is, 0 ..< the number of `testNames`; nil where nobody knows.
    public let test: [Int32]?
    /// What owners of test samples are called: those of training samples, where they are the same.
    public let testNames: [String]

    /// - Precondition: owners are among the names.
    public init(
        names: [String], train: [Int32], test: [Int32]? = nil, testNames: [String]? = nil
    ) {
        precondition(train.allSatisfy { names.indices.contains(Int($0)) }, "an owner has no name")
        let testNames = testNames ?? names
        precondition(
            (test ?? []).allSatisfy { testNames.indices.contains(Int($0)) }, "an owner has no name")
        self.names = names
        self.train = train
        self.test = test
        self.testNames = testNames
    }
}
