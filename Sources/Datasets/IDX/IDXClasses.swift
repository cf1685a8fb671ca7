/// How classes follow from the labels of IDX files.
enum IDXClasses: Equatable {
    /// Labels are 0 ..< this.
    case known(Int)
    /// Ten where no training label is larger, as of MNIST and what is shaped like it; else the largest
    /// and one, counted from 0 or, as EMNIST's letters are, from 1.
    ///
    /// `isPart`: one client's samples among others', so that classes may be missing.
    case counted(isPart: Bool)

    /// The labels numbered from 0, and how many classes there are.
    /// - Parameter notes: gains a sentence where labels were counted from 1.
    /// - Throws: `DatasetError` where a training sample of a class is missing, and where a label is no
    ///   class.
    func numbered(
        train: IDX.File, test: IDX.File, notes: inout [String]
    ) throws(DatasetError) -> (train: [UInt8], test: [UInt8], count: Int) {
        var labels = (train: train.contents, test: test.contents)
        let count: Int
        switch self {
        case .known(let known): count = known
        case .counted(let isPart):
            let largest = Int(labels.train.max() ?? 0)
            if largest < Dataset.usualClassCount {
                count = Dataset.usualClassCount
            } else if isPart {
                count = largest + 1
            } else {
                let missing = Self.missing(labels.train)
                if missing == [0], !labels.test.contains(0) {
                    notes.append(
                        "\(train.path) counts classes from 1 to \(largest): here they are 0 to "
                            + "\(largest - 1)")
                    labels.train = labels.train.map { $0 - 1 }
                    labels.test = labels.test.map { $0 - 1 }
                    count = largest
                } else if let first = missing.first {
                    throw .array(
                        name: train.path, .missingClass(first, largest: largest))
                } else {
                    count = largest + 1
                }
            }
        }
        return (labels.train, labels.test, count)
    }

    /// The classes below the largest label that no label is of, rising.
    private static func missing(_ labels: [UInt8]) -> [Int] {
        var has = [Bool](repeating: false, count: 256)
        for label in labels { has[Int(label)] = true }
        return (0..<Int(labels.max() ?? 0)).filter { !has[$0] }
    }
}
