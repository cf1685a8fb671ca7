/// How many classes labels tell apart, where only the labels say it: the largest and one.
enum ClassCount {
    /// Counts the classes of training labels, each of which is to have a sample.
    /// - Parameters:
    ///   - oneHot: how many there are, where rows say it.
    ///   - name: what errors name.
    /// - Throws: `DatasetError` where a class below the largest has no sample, where there is but one
    ///   class, and where there are more than `Samples.classLimit`.
    static func of(
        _ labels: [Int32], oneHot: Int? = nil, name: String
    ) throws(DatasetError) -> Int {
        let count = oneHot ?? Int(labels.max() ?? 0) + 1
        guard count <= Samples.classLimit else { throw .classCountOutOfRange(count) }
        var has = [Bool](repeating: false, count: count)
        for label in labels { has[Int(label)] = true }
        if has.count(where: \.self) <= 1 {
            throw .array(name: name, .oneClass(has.firstIndex(of: true) ?? 0))
        }
        if let missing = has.firstIndex(of: false) {
            throw .array(name: name, .missingClass(missing, largest: count - 1))
        }
        return count
    }
}
