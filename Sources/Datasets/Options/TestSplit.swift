import Parameters

/// Which samples of a source without test samples of its own are trained on, and which are tested on.
///
/// A random part, drawn from the stream of seed 1 whatever the seed of a run is: the same file is the
/// same data set.
struct TestSplit: Equatable {
    /// Positions of samples to train on, rising.
    let train: [Int]
    /// Positions of samples to test on, rising.
    let test: [Int]

    /// Tells this stream from the one that draws part of a test set.
    private static let index = 0xDA7A

    /// Draws a part of `count` samples, rounded, with at least one on either side.
    /// - Parameters:
    ///   - file: what errors name.
    ///   - isPart: whether these are one client's samples among others': it may have but one, to train on.
    /// - Throws: `DatasetError.testFraction` where the part is not within 0 and 1,
    ///   `DatasetError.tooFewSamples` where there are not two samples.
    init(
        count: Int, options: DatasetOptions, file: String, isPart: Bool = false
    ) throws(DatasetError) {
        let fraction = options.testFraction ?? DatasetOptions.usualTestFraction
        guard fraction > 0, fraction < 1 else { throw .testFraction(fraction) }
        guard count >= (isPart ? 1 : 2) else { throw .tooFewSamples(file: file, found: count) }
        var positions = Array(0..<count)
        var random = RandomStream(RandomKey(seed: 1, purpose: .evaluation, index: Self.index))
        random.shuffle(&positions)
        let tested = min(max(Int((fraction * Double(count)).rounded()), 1), count - 1)
        test = positions[..<tested].sorted()
        train = positions[tested...].sorted()
    }

    /// What there is to tell of it, in a sentence.
    func note(_ file: String, options: DatasetOptions) -> String {
        let part = options.testFraction ?? DatasetOptions.usualTestFraction
        return "\(file) has no test samples of its own: \(test.count) of its "
            + "\(test.count + train.count), drawn at random, are tested on (test fraction \(part))"
    }
}
