import Parameters

/// Which samples of each owner are trained on, and which are tested on, where a source has no test
/// samples of its own.
///
/// As `TestSplit`, owner by owner: each keeps at least one training sample.
struct OwnerSplit {
    /// Positions of samples to train on, rising.
    let train: [Int]
    /// Positions of samples to test on, rising.
    let test: [Int]

    private static let index = 0xDA7B

    /// - Parameters:
    ///   - owners: for every sample, whose it is, 0 ..< `count`.
    ///   - file: what errors name.
    /// - Throws: `DatasetError.testFraction` where the part is not within 0 and 1,
    ///   `TableError.nothingToTest` where nobody has two samples.
    init(
        _ owners: [Int32], count: Int, options: DatasetOptions, file: String
    ) throws(DatasetError) {
        let fraction = options.testFraction ?? DatasetOptions.usualTestFraction
        guard fraction > 0, fraction < 1 else { throw .testFraction(fraction) }
        var samples = [[Int]](repeating: [], count: count)
        for (sample, owner) in owners.enumerated() { samples[Int(owner)].append(sample) }
        var tested = samples.map { own in
            max(0, min(Int((fraction * Double(own.count)).rounded()), own.count - 1))
        }
        if tested.allSatisfy({ $0 == 0 }) {
            // Somebody's, so that there is something to test on.
            guard let most = samples.indices.max(by: { samples[$0].count < samples[$1].count }),
                samples[most].count >= 2
            else { throw .table(.nothingToTest(file: file)) }
            tested[most] = 1
        }
        var train: [Int] = []
        var test: [Int] = []
        for (owner, var own) in samples.enumerated() {
            var random = RandomStream(
                RandomKey(seed: 1, purpose: .evaluation, index: Self.index, client: owner))
            random.shuffle(&own)
            test += own[..<tested[owner]]
            train += own[tested[owner]...]
        }
        self.train = train.sorted()
        self.test = test.sorted()
    }

    /// What there is to tell of it, in a sentence.
    func note(_ file: String, options: DatasetOptions) -> String {
        let part = options.testFraction ?? DatasetOptions.usualTestFraction
        return "\(file) has no test samples of its own: \(test.count) of its "
            + "\(test.count + train.count), drawn at random of each client, are tested on "
            + "(test fraction \(part))"
    }
}
